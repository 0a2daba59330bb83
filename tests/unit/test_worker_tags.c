/* The table of tags: small and large blocks, sizes of more than 32 bits, the borders of leaves,
 * columns that are given up, threads at once, and what of it counts as own. */
#include "config.h"

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "worker/rss.h"
#include "worker/tags.h"

enum { LEAF_SPAN = 1 << TAGS_LEAF_SHIFT, SITE_MAX = (1 << TAG_SITE_BITS) - 1 };

static char *room;                         /* of address space, at a leaf's border */
#define ROOM_BYTES ((size_t)8 * LEAF_SPAN) /* and two leaves' more behind it */

static int setup(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(rss_open(&error), 0);
    assert_int_equal(tags_open(), 0);
    char *mapped = mmap(NULL, ROOM_BYTES + 3 * LEAF_SPAN, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(mapped, MAP_FAILED);
    room = mapped + (LEAF_SPAN - (uintptr_t)mapped % LEAF_SPAN) % LEAF_SPAN;
    return 0;
}

static uint32_t tag_at(const void *block)
{
    tag_entry *entry = tags_find(block);
    return entry ? atomic_load(entry) : 0;
}

static void test_parts_come_back(void **state)
{
    (void)state;
    static const uint32_t sites[] = {0, 1, 12345, SITE_MAX}, columns[] = {0, 1, 2, 127};
    for (size_t i = 0; i < 4; i++) {
        uint32_t tag = tag_of(sites[i], columns[i]);
        assert_int_equal(tag_site(tag), sites[i]);
        assert_int_equal(tag_column(tag), columns[i]);
        assert_int_equal(tag & TAG_BYTES_MASK, 0);
    }
    assert_true(TAG_BYTES_MAX <= TAG_BYTES_MASK);
}

static void test_unknown_address_has_none(void **state)
{
    (void)state;
    assert_null(tags_find(room + 7 * LEAF_SPAN));
    assert_null(tags_find(NULL));
    assert_null(tags_find((const void *)(((uintptr_t)1 << TAGS_ADDRESS_BITS) - 16)));
}

static void test_neighbours_have_their_own(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100; i++)
        atomic_store(tags_make(room + (size_t)i * 16), tag_of(i, 2) | i);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(tag_at(room + (size_t)i * 16), tag_of(i, 2) | i);
    for (uint32_t i = 0; i < 100; i++)
        atomic_store(tags_make(room + (size_t)i * 16), 0);
}

static void test_large_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {513,
                                   1023,
                                   1024,
                                   33554431,
                                   33554432,
                                   (size_t)5 << 30,
                                   ((size_t)1 << 47) - 1,
                                   TAG_SIZE_NATIVE | 1024};
    for (size_t offset = 0; offset < 64; offset += 16) { /* also across the border of two leaves */
        char *block = room + LEAF_SPAN - 48 + offset;
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            assert_true(tags_set_large(block, tag_of(SITE_MAX, 127), sizes[i]));
            assert_int_equal(tag_at(block), tag_of(SITE_MAX, 127));
            assert_true(tags_take_large(block) == sizes[i]);
            assert_int_equal(tag_at(block + 16), 0); /* for blocks that nobody tags */
            assert_int_equal(tag_at(block + 32), 0);
        }
        atomic_store(tags_find(block), 0);
    }
}

static void test_columns_are_given_up(void **state)
{
    (void)state;
    bool retired[1 << TAG_COLUMN_BITS] = {[5] = true, [127] = true};
    atomic_store(tags_make(room), tag_of(7, 5) | 100);
    atomic_store(tags_make(room + 16), tag_of(8, 6) | 100);
    atomic_store(tags_make(room + 32), tag_of(SITE_MAX, 127) | 512);
    /* Sizes that would look like tags of these columns, were they kept as they are. */
    static const size_t sizes[] = {(size_t)5 << 10 | 7, (size_t)127 << 10 | 1, SIZE_MAX >> 17};
    for (size_t i = 0; i < 3; i++)
        assert_true(tags_set_large(room + 1024 * (i + 1), tag_of(9, i ? 5 : 6), sizes[i]));
    tags_replace(retired, 1);
    assert_int_equal(tag_at(room), tag_of(7, 1) | 100);
    assert_int_equal(tag_at(room + 16), tag_of(8, 6) | 100);
    assert_int_equal(tag_at(room + 32), tag_of(SITE_MAX, 1) | 512);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(tag_at(room + 1024 * (i + 1)), tag_of(9, i ? 1 : 6));
        assert_true(tags_take_large(room + 1024 * (i + 1)) == sizes[i]);
    }
}

static void test_table_is_own(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* its shadow of what is touched is resident, too */
#endif
    int64_t before = rss_read_bytes(), own = rss_own_bytes();
    for (size_t leaf = 3; leaf < 7; leaf++)
        assert_non_null(tags_make(room + leaf * LEAF_SPAN));
    assert_true(rss_own_bytes() - own >= 4 * (LEAF_SPAN / 4));
    int64_t change = rss_read_bytes() - before;
    assert_in_range(change + (64 << 10), 0, 128 << 10);
}

/* Entries lie where somebody says, also for addresses that had others before; and are counted, and
 * given another column, as all are. */
static void test_placed_entries(void **state)
{
    (void)state;
    static tag_entry entries[2 * TAGS_LEAF_ENTRIES];
    char *start = room + 8 * (size_t)LEAF_SPAN;
    bool retired[1 << TAG_COLUMN_BITS] = {[5] = true};
    assert_non_null(tags_make(start + LEAF_SPAN));
    assert_true(tags_place(start, 2 * (size_t)LEAF_SPAN, entries));
    assert_ptr_equal(tags_find(start), entries);
    assert_ptr_equal(tags_make(start + LEAF_SPAN + 16), &entries[TAGS_LEAF_ENTRIES + 1]);
    atomic_store(&entries[0], tag_of(77, 5) | 16);
    atomic_store(&entries[TAGS_LEAF_ENTRIES], tag_of(77, 6) | 16);
    assert_int_equal(tags_count(77), 2);
    tags_replace(retired, 1);
    assert_int_equal(tag_at(start), tag_of(77, 1) | 16);
    assert_int_equal(tag_at(start + LEAF_SPAN), tag_of(77, 6) | 16);
    atomic_store(&entries[0], 0);
    atomic_store(&entries[TAGS_LEAF_ENTRIES], 0);
}

enum { THREADS = 4, TURNS = 20000 };

/* Each has its own addresses, but in leaves of all. */
static void *tag_and_take(void *argument)
{
    size_t first = *(size_t *)argument;
    for (size_t turn = 0; turn < TURNS; turn++) {
        char *block = room + (turn * 4099 + first) % (ROOM_BYTES / 256) * 256 + first * 64;
        uint32_t column = 2 + (uint32_t)turn % 100;
        if (turn % 3 == 0) {
            if (!tags_set_large(block, tag_of(3, column), turn + 600) ||
                tags_take_large(block) != turn + 600)
                abort();
        } else {
            atomic_store(tags_make(block), tag_of(4, column) | 99);
        }
        uint32_t tag = atomic_exchange(tags_find(block), 0);
        if (tag_site(tag) != (turn % 3 == 0 ? 3 : 4) ||
            (tag_column(tag) != column && tag_column(tag) != 1))
            abort();
    }
    return NULL;
}

static void test_threads_at_once(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    size_t firsts[THREADS];
    bool retired[1 << TAG_COLUMN_BITS];
    for (size_t i = 0; i < sizeof retired; i++)
        retired[i] = i >= 2;
    for (size_t i = 0; i < THREADS; i++) {
        firsts[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, tag_and_take, &firsts[i]), 0);
    }
    for (int turn = 0; turn < 20; turn++)
        tags_replace(retired, 1);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_come_back),
        cmocka_unit_test(test_unknown_address_has_none),
        cmocka_unit_test(test_neighbours_have_their_own),
        cmocka_unit_test(test_large_sizes),
        cmocka_unit_test(test_columns_are_given_up),
        cmocka_unit_test(test_table_is_own),
        cmocka_unit_test(test_placed_entries),
        cmocka_unit_test(test_threads_at_once),
    };
    return cmocka_run_group_tests_name("worker tags", tests, setup, NULL);
}
