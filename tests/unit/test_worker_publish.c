/* The writer's side of the segment: counters, slots, cells, and what happens where a table is full.
 */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <unistd.h>
#include <cmocka.h>

#include "worker/publish.h"
#include "worker/rss.h"

static struct segment *segment;

static int setup(void **state)
{
    (void)state;
    struct error error;
    int fd;
    struct segment *host = segment_create(&fd, &error);
    assert_non_null(host);
    segment_unmap(host);
    assert_int_equal(rss_open(&error), 0);
    segment = segment_attach(fd, &error);
    assert_non_null(segment);
    close(fd);
    assert_int_equal(publish_open(segment, &error), 0);
    return 0;
}

static const struct line_counters *cell_of(uint32_t slot, uint32_t site)
{
    uint32_t cell = atomic_load(&segment->slots[slot].first_cell);
    while (cell != SEGMENT_NONE && segment->cells[cell].site != site)
        cell = atomic_load(&segment->cells[cell].next);
    return cell == SEGMENT_NONE ? NULL : &segment->cells[cell].part;
}

static void test_own_memory_is_left_out(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* its shadow of what is touched is resident, too */
#endif
    int64_t before = rss_read_bytes();
    volatile char *memory = rss_map_own(8 << 20);
    assert_non_null((const void *)(uintptr_t)memory);
    for (size_t i = 0; i < 8 << 20; i += 4096)
        memory[i] = 1;
    int64_t change = rss_read_bytes() - before;
    assert_in_range(change + (64 << 10), 0, 128 << 10);
}

/* A program that compiles a function at every request must not fill the table with it. */
static void test_function_is_published_once(void **state)
{
    (void)state;
    uint32_t before = atomic_load(&segment->function_count);
    for (int i = 0; i < SEGMENT_FUNCTIONS + 1; i++)
        publish_add_function(7, 1, 2, "again", 5);
    assert_int_equal(atomic_load(&segment->function_count), before + 1);
    publish_add_function(7, 1, 3, "again", 5);
    publish_add_function(8, 1, 2, "again", 5);
    publish_add_function(7, 1, 2, "other", 5);
    assert_int_equal(atomic_load(&segment->function_count), before + 4);
}

/* Programs close all descriptors that they do not know. */
static void test_reading_survives_a_closed_descriptor(void **state)
{
    (void)state;
    int64_t before = rss_read_bytes();
    for (int fd = 3; fd < 20; fd++)
        close(fd);
    assert_int_equal(rss_read_bytes(), before);
    assert_in_range(rss_read_bytes() - before + (1 << 20), 0, 2 << 20);
}

static void execute(uint32_t slot, uint32_t site, int64_t rss_bytes)
{
    struct published_line line = publish_open_line(slot, site, true);
    publish_close_line(&line, rss_bytes);
}

static void test_line_in_two_invocations(void **state)
{
    (void)state;
    uint32_t file = publish_add_file("/app/a.py", 9);
    uint32_t site = publish_add_site(file, 7);
    uint32_t one = publish_begin(1, 1000), two = publish_begin(2, 1000);
    assert_int_not_equal(one, two);
    for (int i = 0; i < 3; i++) {
        execute(one, site, 5000);
        execute(two, site, 3000);
    }
    publish_charge(one, site, 4000, 1);
    publish_charge(two, site, -1000, 0);
    const struct line_counters *total = &segment->sites[site].total;
    assert_int_equal(atomic_load(&total->occurrences), 6);
    assert_int_equal(atomic_load(&total->increment_bytes), 3000);
    assert_int_equal(atomic_load(&total->self_increment_bytes), 4000);
    assert_int_equal(atomic_load(&total->peak_bytes), 5000);
    assert_int_equal(atomic_load(&total->mem_usage_bytes), 3000);
    assert_int_equal(atomic_load(&cell_of(one, site)->occurrences), 3);
    assert_int_equal(atomic_load(&cell_of(one, site)->increment_bytes), 4000);
    assert_int_equal(atomic_load(&cell_of(two, site)->increment_bytes), -1000);
    publish_end(one, 5000);
    publish_end(two, 5000);
    assert_int_equal(publish_running(), 0);
}

/* start + lines + shared + elsewhere = end, whoever the changes belong to. */
static void test_changes_add_up(void **state)
{
    (void)state;
    uint32_t site = publish_add_site(publish_add_file("/app/b.py", 9), 1);
    uint32_t one = publish_begin(11, 0);
    publish_change(one, 1, site, 10, 10);
    uint32_t two = publish_begin(12, 10);
    publish_change(two, 1, site, 20, 30);
    publish_change(PUBLISH_UNKNOWN, 0, SEGMENT_NONE, 5, 35);
    publish_end(one, 35);
    publish_change(PUBLISH_UNKNOWN, 0, SEGMENT_NONE, 7, 42);
    publish_end(two, 42);
    const struct segment_slot *a = &segment->slots[one], *b = &segment->slots[two];
    assert_int_equal(atomic_load(&a->rss_lines_bytes), 10);
    assert_int_equal(atomic_load(&a->rss_shared_bytes), 25);
    assert_int_equal(atomic_load(&b->rss_lines_bytes), 20);
    assert_int_equal(atomic_load(&b->rss_shared_bytes), 5); /* the last 7 came while it was alone */
    assert_int_equal(atomic_load(&b->rss_end_bytes), 42);
    assert_int_equal(atomic_load(&b->rss_peak_bytes), 42);
}

static void test_slot_is_used_again_with_its_cells(void **state)
{
    (void)state;
    uint32_t site = publish_add_site(publish_add_file("/app/c.py", 9), 1);
    for (uint64_t number = 100; number < 100 + 2 * SEGMENT_CELLS; number++) {
        uint32_t slot = publish_begin(number, 0);
        assert_int_not_equal(slot, PUBLISH_OUTSIDE);
        assert_true(publish_is_running(slot, number));
        uint64_t epoch = publish_epoch();
        execute(slot, site, 1000);
        assert_int_equal(atomic_load(&cell_of(slot, site)->occurrences), 1);
        assert_int_equal(publish_epoch(), epoch);
        publish_end(slot, 0);
        assert_int_not_equal(publish_epoch(), epoch);
        assert_false(publish_is_running(slot, number));
        atomic_store(&segment->slots[slot].state, SLOT_FREE); /* what the host does */
    }
}

static void test_slots_run_out(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SEGMENT_SLOTS; i++)
        publish_begin(1000 + i, 0);
    assert_int_equal(publish_begin(5000, 0), PUBLISH_OUTSIDE);
    assert_false(publish_is_running(PUBLISH_OUTSIDE, 5000));
}

static void test_tables_run_out(void **state)
{
    (void)state;
    uint32_t file = publish_add_file("/app/d.py", 9), site;
    do
        site = publish_add_site(file, 1);
    while (site != SEGMENT_NONE);
    assert_int_equal(atomic_load(&segment->site_count), SEGMENT_SITES);
    assert_int_equal(atomic_load(&segment->lines_lost), 1);
    execute(PUBLISH_OUTSIDE, SEGMENT_NONE, 1000);
    assert_int_equal(atomic_load(&segment->lines_lost), 1);
    uint64_t lost = atomic_load(&segment->lines_lost);
    for (int i = 0; i < SEGMENT_FILES + 10; i++)
        file = publish_add_file("/app/e.py", 9);
    assert_int_equal(file, PUBLISH_NO_FILE);
    assert_true(atomic_load(&segment->lines_lost) > lost);
    assert_int_equal(atomic_load(&segment->file_count), SEGMENT_FILES);
}

/* A line for which its slot has no cell is lost once, and not looked for again at every execution.
 */
static void test_cells_run_out(void **state)
{
    (void)state;
    uint32_t site = 1;
    uint64_t lost = atomic_load(&segment->lines_lost);
    while (atomic_load(&segment->lines_lost) == lost)
        execute(PUBLISH_OUTSIDE, site++, 1000);
    site--;
    assert_true(site > 1000 && site < SEGMENT_SITES);
    uint64_t before = atomic_load(&segment->sites[site].total.occurrences);
    for (int i = 0; i < 10; i++)
        execute(PUBLISH_OUTSIDE, site, 1000);
    assert_int_equal(atomic_load(&segment->lines_lost), lost + 1);
    assert_int_equal(atomic_load(&segment->sites[site].total.occurrences), before + 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_memory_is_left_out),
        cmocka_unit_test(test_function_is_published_once),
        cmocka_unit_test(test_reading_survives_a_closed_descriptor),
        cmocka_unit_test(test_line_in_two_invocations),
        cmocka_unit_test(test_changes_add_up),
        cmocka_unit_test(test_slot_is_used_again_with_its_cells),
        cmocka_unit_test(test_slots_run_out),
        cmocka_unit_test(test_tables_run_out),
        cmocka_unit_test(test_cells_run_out),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
