/* The time gate: no change of the RSS is as quick as what it lets pass, whatever clock it has. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "worker/gate.h"
#include "worker/rss.h"

enum { PAGES = 2000 };

static int setup(void **state)
{
    (void)state;
    struct error error;
    return rss_open(&error);
}

/* Touches that took less than the gate. */
static int quick_touches(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory =
        mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    madvise(memory, PAGES * page, MADV_NOHUGEPAGE);
    int quick = 0;
    for (size_t i = 0; i < PAGES; i++) {
        uint64_t start = gate_now();
        *(volatile char *)(memory + i * page) = 1;
        quick += gate_now() - start < gate.ticks;
    }
    munmap(memory, PAGES * page);
    return quick;
}

static void test_no_touch_passes(void **state)
{
    (void)state;
    for (enum gate_kind best = GATE_TSC; best <= GATE_NONE; best++) {
        gate_open(best);
        assert_true(gate.kind >= best);
        assert_true((gate.ticks == 0) == (gate.kind == GATE_NONE));
        assert_true(gate.forced_ticks > gate.ticks);
        assert_int_equal(quick_touches(), 0);
    }
}

/* As where it was measured in a slow moment. */
static void test_gate_gets_smaller(void **state)
{
    (void)state;
    for (enum gate_kind best = GATE_TSC; best <= GATE_CLOCK; best++) {
        gate_open(best);
        if (gate.kind == GATE_NONE)
            continue;
        gate.ticks = gate.would_be = 1000 * gate.forced_ticks;
        int64_t before_bytes = rss_read_bytes();
        gate_measure_again(gate_now());
        assert_int_equal(rss_read_bytes(), before_bytes);
        assert_true(gate.ticks == gate.would_be && gate.ticks < gate.forced_ticks);
        assert_int_equal(quick_touches(), 0);
        /* It stays off where it is. */
        gate.ticks = 0;
        gate_measure_again(gate_now());
        assert_int_equal(gate.ticks, 0);
    }
}

/* AddressSanitizer has mlockall() do nothing, and say that it has. */
static bool is_locked(void)
{
    char line[256];
    unsigned long kib = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmLck:", 6) == 0)
            kib = strtoul(line + 6, NULL, 10);
    if (file)
        fclose(file);
    return kib > 0;
}

/* Of all that is mapped, what is touched from now on stays. */
static void test_measuring_again_leaves_no_locked_page(void **state)
{
    (void)state;
    gate_open(GATE_TSC);
    if (gate.kind == GATE_NONE || mlockall(MCL_CURRENT | MCL_ONFAULT) != 0 || !is_locked())
        skip();
    rss_read_bytes(); /* its stack's pages */
    uint64_t ticks = gate.ticks;
    int64_t before_bytes = rss_read_bytes();
    gate_measure_again(gate_now());
    int64_t after_bytes = rss_read_bytes();
    munlockall();
    assert_int_equal(after_bytes, before_bytes);
    assert_true(gate.ticks == ticks);
}

/* Where the kernel gives huge pages to all (transparent_hugepage/enabled: always), not to the
 * gate's page: 2 MiB would be touched. In smaps a mapping's last line has its flags. */
static void test_the_page_is_a_small_one(void **state)
{
    (void)state;
    gate_open(GATE_CLOCK);
    if (access("/sys/kernel/mm/transparent_hugepage/enabled", F_OK) != 0)
        skip(); /* a kernel without */
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    char line[512];
    unsigned long kib = 0;
    int found = 0;
    while (fgets(line, sizeof line, maps)) {
        sscanf(line, "Size: %lu kB", &kib);
        found += strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " nh") &&
                 kib << 10 == (unsigned long)sysconf(_SC_PAGESIZE);
    }
    fclose(maps);
    assert_int_equal(found, 1);
}

static void test_without_a_gate_nothing_passes(void **state)
{
    (void)state;
    gate_open(GATE_NONE);
    uint64_t now = gate_now();
    assert_false(gate_now() - now < gate.ticks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_touch_passes),
        cmocka_unit_test(test_gate_gets_smaller),
        cmocka_unit_test(test_measuring_again_leaves_no_locked_page),
        cmocka_unit_test(test_the_page_is_a_small_one),
        cmocka_unit_test(test_without_a_gate_nothing_passes),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
