/* wire/segment: made, mapped a second time, refused where it is another, strings clamped. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "wire/segment.h"

static void test_create_and_attach(void **state)
{
    (void)state;
    struct error error;
    int fd = -1;
    struct segment *host = segment_create(&fd, &error);
    assert_non_null(host);
    assert_true(fd >= 0);
    assert_int_equal(atomic_load(&host->file_count), 0);
    assert_int_equal(atomic_load(&host->site_count), SEGMENT_NONE + 1);
    struct segment *worker = segment_attach(fd, &error);
    assert_non_null(worker);
    assert_ptr_not_equal(host, worker);
    close(fd);
    /* One memory, two views. */
    atomic_store(&worker->own_bytes, 1234);
    worker->sites[SEGMENT_SITES - 1].line = 99;
    assert_int_equal(atomic_load(&host->own_bytes), 1234);
    assert_int_equal(host->sites[SEGMENT_SITES - 1].line, 99);
    segment_unmap(worker);
    assert_int_equal(host->sites[SEGMENT_SITES - 1].line, 99);
    segment_unmap(host);
    segment_unmap(NULL);
}

static void refuse(int fd, const char *why)
{
    struct error error = {0};
    assert_null(segment_attach(fd, &error));
    assert_int_equal(error.status, EXIT_STATUS_INTERNAL);
    assert_non_null(strstr(error.text, why));
}

static void test_another_build_is_refused(void **state)
{
    (void)state;
    struct error error;
    int fd = -1;
    struct segment *segment = segment_create(&fd, &error);
    assert_non_null(segment);
    segment->magic ^= 1;
    refuse(fd, "another version");
    segment->magic ^= 1;
    segment->version++;
    refuse(fd, "another version");
    segment->version--;
    segment->size_bytes--;
    refuse(fd, "another version");
    segment->size_bytes++;
    struct segment *again = segment_attach(fd, &error);
    assert_non_null(again);
    segment_unmap(again);
    segment_unmap(segment);
    close(fd);
}

static void test_another_size_is_refused(void **state)
{
    (void)state;
    refuse(-1, "another size");
    int fd = memfd_create("small", MFD_CLOEXEC);
    assert_true(fd >= 0);
    refuse(fd, "another size");
    assert_int_equal(ftruncate(fd, (off_t)sizeof(struct segment) - 1), 0);
    refuse(fd, "another size");
    assert_int_equal(ftruncate(fd, (off_t)sizeof(struct segment) + 1), 0);
    refuse(fd, "another size");
    close(fd);
}

/* The table of descriptors is full: the failure is the machine's, and says so. */
static void test_no_descriptor_left(void **state)
{
    (void)state;
    struct error error = {0};
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    int fd = -1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct segment *segment = segment_create(&fd, &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_null(segment);
    assert_int_equal(fd, -1);
    assert_int_equal(error.status, EXIT_STATUS_SYSTEM);
    assert_non_null(strstr(error.text, "cannot make the shared line table: "));
}

/* Offsets and lengths come from the other process. */
static void test_strings_are_clamped(void **state)
{
    (void)state;
    struct error error;
    int fd = -1;
    struct segment *segment = segment_create(&fd, &error);
    assert_non_null(segment);
    close(fd);
    memcpy(segment->strings, "abcdef", 6);
    size_t len = 99;
    assert_null(segment_string(segment, 0, 1, &len)); /* not published */
    assert_int_equal(len, 0);
    atomic_store(&segment->string_bytes, 6);
    assert_ptr_equal(segment_string(segment, 2, 4, &len), segment->strings + 2);
    assert_int_equal(len, 4);
    assert_ptr_equal(segment_string(segment, 6, 0, &len), segment->strings + 6);
    assert_int_equal(len, 0);
    assert_null(segment_string(segment, 2, 5, &len));
    assert_null(segment_string(segment, 7, 0, &len));
    assert_null(segment_string(segment, UINT32_MAX, 2, &len)); /* the sum would wrap */
    assert_null(segment_string(segment, 2, UINT32_MAX, &len));
    assert_int_equal(len, 0);
    /* A count that is a lie does not reach past the table. */
    atomic_store(&segment->string_bytes, UINT32_MAX);
    assert_null(segment_string(segment, SEGMENT_STRING_BYTES - 1, 2, &len));
    assert_non_null(segment_string(segment, SEGMENT_STRING_BYTES - 1, 1, &len));
    segment_unmap(segment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create_and_attach),
        cmocka_unit_test(test_another_build_is_refused),
        cmocka_unit_test(test_another_size_is_refused),
        cmocka_unit_test(test_no_descriptor_left),
        cmocka_unit_test(test_strings_are_clamped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
