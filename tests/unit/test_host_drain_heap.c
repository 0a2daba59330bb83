/* The heap's part of the drain, with the test as the worker: right numbers, then wrong ones. */
#include "config.h"

#include "tests/unit/drain_fixture.h"

/* Far enough apart that what was left behind is copied again. */
#define LATER_NS (NOW_NS + NS_PER_SECOND)

static void set_flow(struct heap_flow *flow, uint64_t allocated, uint64_t freed)
{
    atomic_store(&flow->allocated_bytes, allocated);
    atomic_store(&flow->freed_bytes, freed);
}

static void fill_site_heap(uint32_t site)
{
    struct segment_site_heap *heap = &segment->site_heap[site];
    set_flow(&heap->flow[HEAP_PYTHON], 1000, 400);
    set_flow(&heap->flow[HEAP_RAW], 30, 50);
    set_flow(&heap->flow[HEAP_NATIVE], 5000, 7000);
    atomic_store(&heap->retained_bytes[HEAP_PYTHON], 500);
    atomic_store(&heap->retained_bytes[HEAP_RAW], 20);
    atomic_store(&heap->retained_bytes[HEAP_NATIVE], 4096);
    atomic_store(&heap->high_bytes, 300);
}

static void fill_slot_heap(uint32_t slot)
{
    struct segment_slot_heap *heap = &segment->slot_heap[slot];
    atomic_store(&heap->start_bytes, 10000);
    atomic_store(&heap->end_bytes, 11000);
    atomic_store(&heap->lines_bytes, 700);
    atomic_store(&heap->elsewhere_bytes, 200);
    atomic_store(&heap->left_bytes, 650);
    atomic_store(&heap->kept, KEPT_FIRST);
}

static void publish_row(uint32_t row, uint32_t site)
{
    segment->kept_rows[row].site = site;
    atomic_store(&segment->kept_row_count, row + 1);
}

static void free_columns(void)
{
    for (uint32_t i = 0; i < SEGMENT_KEPT; i++)
        atomic_store(&segment->kept_columns[i].number, INVOCATION_OUTSIDE);
}

static void publish_column(uint32_t column, uint64_t number, bool is_running)
{
    atomic_store(&segment->kept_columns[column].number, number);
    atomic_store(&segment->kept_columns[column].is_running, is_running);
}

static void fill_kept(uint32_t row, uint32_t column, int64_t alive, int64_t other, int64_t left)
{
    atomic_store(&segment->kept_rows[row].alive_bytes[column], alive);
    atomic_store(&segment->kept_rows[row].alive_other_bytes[column], other);
    atomic_store(&segment->kept_rows[row].left_bytes[column], left);
}

static struct invocation *add_invocation(uint64_t number)
{
    return invocations_add(&model->invocations, number, "id", "One", "GET /");
}

static const struct line_stats *line_two(void)
{
    return &file_line_at(model->files[0], 2)->total;
}

/* ---- right numbers ---- */

static void test_lines(void **state)
{
    (void)state;
    publish_app();
    fill_site_heap(1);
    drain_run(drain, NOW_NS);
    assert_int_equal(line_two()->net_python_bytes, 1000 - 400 + 30 - 50);
    assert_int_equal(line_two()->net_native_bytes, -2000);
    assert_int_equal(line_net_bytes(line_two()), 580 - 2000);
    assert_int_equal(line_two()->allocated_bytes, 6030);
    assert_int_equal(line_two()->freed_bytes, 7450);
    assert_int_equal(line_two()->retained_python_bytes, 520);
    assert_int_equal(line_two()->retained_native_bytes, 4096);
    assert_int_equal(line_two()->high_bytes, 300);
}

static void test_change_is_seen(void **state)
{
    (void)state;
    publish_app();
    drain_run(drain, NOW_NS);
    uint64_t before = model->revision;
    drain_run(drain, NOW_NS);
    assert_int_equal(model->revision, before);
    atomic_store(&segment->site_heap[1].retained_bytes[HEAP_RAW], 1);
    drain_run(drain, NOW_NS);
    assert_int_not_equal(model->revision, before);
}

static void test_whole_heap(void **state)
{
    (void)state;
    atomic_store(&segment->heap_is_on, 1);
    atomic_store(&segment->heap_bytes[HEAP_PYTHON], 800);
    atomic_store(&segment->heap_bytes[HEAP_RAW], 200);
    atomic_store(&segment->heap_bytes[HEAP_NATIVE], 50);
    atomic_store(&segment->small_bytes, 600);
    atomic_store(&segment->arena_bytes, 900);
    atomic_store(&segment->heap_baseline_bytes, 77);
    drain_run(drain, NOW_NS);
    assert_true(model->heap.is_on);
    assert_false(model->heap.native_is_on);
    assert_int_equal(model->heap.python_bytes, 1000);
    assert_int_equal(model->heap.native_bytes, 50);
    assert_int_equal(heap_free_bytes(&model->heap), 300);
    assert_int_equal(model->heap.baseline_bytes, 77);
}

/* Until a worker is up it has said nothing, and the one before it stands. */
static void test_spawned_worker_has_not_said_what_it_counts(void **state)
{
    (void)state;
    model->heap.is_on = true;
    model->worker = WORKER_STARTING;
    drain_run(drain, NOW_NS);
    assert_true(model->heap.is_on);
    model->worker = WORKER_LOADING;
    drain_run(drain, NOW_NS);
    assert_false(model->heap.is_on);
}

static void test_invocation(void **state)
{
    (void)state;
    publish_app();
    fill_cell(1, 1, SEGMENT_NONE, 300);
    set_flow(&segment->cell_heap[1].flow[HEAP_RAW], 64, 4);
    set_flow(&segment->cell_heap[1].flow[HEAP_NATIVE], 2048, 1024);
    atomic_store(&segment->cell_heap[1].high_bytes, 99);
    publish_slot(3, 7, 1, 1);
    fill_slot_heap(3);
    const struct invocation *seven = add_invocation(7);
    drain_run(drain, NOW_NS);
    const struct line_stats *part = invocation_line_stats(seven, 0, 2);
    assert_int_equal(part->net_python_bytes, 60);
    assert_int_equal(part->net_native_bytes, 1024);
    assert_int_equal(part->high_bytes, 99);
    assert_int_equal(part->retained_python_bytes, 0);
    assert_int_equal(seven->heap_start_bytes, 10000);
    assert_int_equal(seven->heap_end_bytes, 11000);
    assert_int_equal(invocation_heap_shared_bytes(seven), 1000 - 700 - 200);
    assert_int_equal(seven->left_bytes, 0);
    assert_true(seven->is_told_apart);
    atomic_store(&segment->slots[3].state, SLOT_ENDED);
    drain_run(drain, NOW_NS);
    assert_int_equal(seven->left_bytes, 650);
    assert_int_equal(seven->retained_bytes, 650);
}

/* A load has no column: what it leaves is nobody's leak. */
static void test_load_is_not_told_apart(void **state)
{
    (void)state;
    publish_app();
    publish_slot(1, INVOCATION_LOAD, 1, SEGMENT_NONE);
    fill_slot_heap(1);
    atomic_store(&segment->slot_heap[1].kept, KEPT_EARLIER);
    const struct invocation *load = add_invocation(INVOCATION_LOAD);
    drain_run(drain, NOW_NS);
    assert_false(load->is_told_apart);
    assert_int_equal(load->heap_lines_bytes, 700);
}

static void test_what_invocations_left(void **state)
{
    struct kept_part parts[KEPT_WINDOW];
    (void)state;
    publish_app();
    free_columns();
    struct invocation *seven = add_invocation(7), *eight = add_invocation(8);
    publish_column(KEPT_FIRST + 1, 7, false);
    publish_column(SEGMENT_KEPT - 1, 8, true);
    publish_row(0, 2);
    publish_row(1, 1);
    fill_kept(0, KEPT_FIRST + 1, 10, 1, 20);
    fill_kept(1, KEPT_FIRST + 1, 500, 100, 900);
    fill_kept(1, SEGMENT_KEPT - 1, 40, 2, 9999); /* of the invocation that had the column before */
    fill_kept(1, KEPT_EARLIER, 12345, 0, 0);
    drain_run(drain, NOW_NS);
    const struct kept_line *row = kept_find(&model->kept, 0, 2);
    assert_int_equal(kept_newest(&model->kept, row, parts), 1);
    assert_int_equal(parts[0].number, 7);
    assert_int_equal(parts[0].alive_bytes, 600);
    assert_int_equal(parts[0].left_bytes, 900);
    assert_true(kept_of(&model->kept, row, 8, &parts[0]));
    assert_int_equal(parts[0].alive_bytes, 42);
    assert_int_equal(parts[0].left_bytes, 0);
    assert_int_equal(seven->retained_bytes, 611);
    assert_int_equal(eight->retained_bytes, 42);
}

/* The table is large: it is not read at every drain, and it is no news where nothing changed. */
static void test_kept_is_copied_now_and_then(void **state)
{
    (void)state;
    publish_app();
    free_columns();
    struct invocation *seven = add_invocation(7);
    publish_column(KEPT_FIRST, 7, false);
    publish_row(0, 1);
    fill_kept(0, KEPT_FIRST, 10, 0, 10);
    drain_run(drain, NOW_NS);
    fill_kept(0, KEPT_FIRST, 9, 0, 10);
    uint64_t before = model->revision;
    drain_run(drain, NOW_NS + NS_PER_MS);
    assert_int_equal(seven->retained_bytes, 10);
    assert_int_equal(model->revision, before);
    drain_run(drain, LATER_NS);
    assert_int_equal(seven->retained_bytes, 9);
    assert_int_not_equal(model->revision, before);
    before = model->revision;
    drain_run(drain, LATER_NS + NS_PER_SECOND);
    assert_int_equal(model->revision, before);
    /* When the worker is gone, what it wrote last is read. */
    fill_kept(0, KEPT_FIRST, 8, 0, 10);
    drain_detach(drain, LATER_NS + NS_PER_SECOND);
    assert_int_equal(seven->retained_bytes, 8);
}

static void test_invocation_that_leaves_the_window(void **state)
{
    (void)state;
    publish_app();
    free_columns();
    struct invocation *seven = add_invocation(7);
    publish_column(KEPT_FIRST, 7, false);
    publish_row(0, 1);
    fill_kept(0, KEPT_FIRST, 10, 0, 10);
    drain_run(drain, NOW_NS);
    publish_column(KEPT_FIRST, 8, true);
    fill_kept(0, KEPT_FIRST, 3, 0, 0);
    drain_run(drain, LATER_NS);
    assert_int_equal(seven->retained_bytes, 10);
}

/* What it retained can be looked at after the worker's end, until another one is there. */
static void test_retained_ends_with_the_next_worker(void **state)
{
    (void)state;
    publish_app();
    free_columns();
    fill_site_heap(1);
    struct invocation *seven = add_invocation(7);
    publish_column(KEPT_FIRST, 7, false);
    publish_row(0, 1);
    fill_kept(0, KEPT_FIRST, 10, 0, 10);
    drain_detach(drain, NOW_NS);
    assert_int_equal(line_retained_bytes(line_two()), 520 + 4096);
    assert_int_equal(seven->retained_bytes, 10);
    assert_int_equal(model->kept.line_count, 1);
    start_next_worker();
    assert_int_equal(line_retained_bytes(line_two()), 0);
    assert_int_equal(seven->retained_bytes, 0);
    assert_int_equal(model->kept.line_count, 0);
    publish_app();
    fill_site_heap(1);
    drain_run(drain, LATER_NS);
    assert_int_equal(line_retained_bytes(line_two()), 520 + 4096);
    assert_int_equal(line_two()->net_python_bytes, 2 * 580);
    assert_int_equal(line_two()->allocated_bytes, 2 * 6030);
    assert_int_equal(line_two()->high_bytes, 300);
}

/* An interpreter that is taken down frees nearly all; that says nothing of the app. */
static void test_a_worker_that_is_told_to_end(void **state)
{
    (void)state;
    publish_app();
    free_columns();
    atomic_store(&segment->heap_is_on, 1);
    atomic_store(&segment->heap_bytes[HEAP_PYTHON], 800);
    fill_site_heap(1);
    struct invocation *seven = add_invocation(7);
    publish_column(KEPT_FIRST, 7, false);
    publish_row(0, 1);
    fill_kept(0, KEPT_FIRST, 10, 0, 10);
    drain_hold(drain, NOW_NS);
    fill_kept(0, KEPT_FIRST, 0, 0, 10);
    for (int domain = 0; domain < HEAP_DOMAINS; domain++)
        atomic_store(&segment->site_heap[1].retained_bytes[domain], 0);
    atomic_store(&segment->heap_bytes[HEAP_PYTHON], 0);
    set_flow(&segment->site_heap[1].flow[HEAP_PYTHON], 1001, 400);
    drain_run(drain, LATER_NS);
    drain_detach(drain, LATER_NS);
    assert_int_equal(line_retained_bytes(line_two()), 520 + 4096);
    assert_int_equal(line_two()->net_python_bytes, 581);
    assert_int_equal(seven->retained_bytes, 10);
    assert_int_equal(model->heap.python_bytes, 800);
    /* The next one is not held. */
    start_next_worker();
    publish_app();
    atomic_store(&segment->site_heap[1].retained_bytes[HEAP_RAW], 5);
    drain_run(drain, LATER_NS);
    assert_int_equal(line_retained_bytes(line_two()), 5);
}

/* ---- wrong numbers ---- */

static void test_rows_past_the_table(void **state)
{
    (void)state;
    publish_app();
    free_columns();
    publish_column(KEPT_FIRST, 7, false);
    atomic_store(&segment->kept_row_count, UINT32_MAX);
    segment->kept_rows[0].site = UINT32_MAX;
    segment->kept_rows[1].site = 1;
    segment->kept_rows[2].site = 1; /* twice */
    for (uint32_t row = 0; row < 3; row++)
        fill_kept(row, KEPT_FIRST, INT64_MAX, INT64_MAX, INT64_MIN);
    const struct invocation *seven = add_invocation(7);
    drain_run(drain, NOW_NS);
    assert_int_equal(model->kept.line_count, KEPT_LINES);
    assert_int_equal(model->kept.lines[0].line, 0);
    assert_int_equal(seven->retained_bytes, -6);
    /* A table that has shrunk is none that we know, but is no danger either. */
    atomic_store(&segment->kept_row_count, 1);
    drain_run(drain, LATER_NS);
    assert_int_equal(model->kept.line_count, 1);
}

static void test_columns_of_nobody_and_of_the_same(void **state)
{
    struct kept_part parts[KEPT_WINDOW];
    (void)state;
    publish_app();
    publish_row(0, 1); /* and all columns are invocation 0's, which there is none of */
    for (uint32_t i = 0; i < SEGMENT_KEPT; i++) {
        atomic_store(&segment->kept_columns[i].is_running, i % 3);
        fill_kept(0, i, i, -1, UINT32_MAX);
    }
    drain_run(drain, NOW_NS);
    assert_in_range(kept_newest(&model->kept, &model->kept.lines[0], parts), 1, KEPT_WINDOW);
}

/* Whatever there is in it: no bound is left, no arithmetic is undefined. */
static void test_noise(void **state)
{
    unsigned seed = 1;
    (void)state;
    publish_app();
    add_invocation(7);
    for (int round = 0; round < 8; round++) {
        unsigned char *bytes = (unsigned char *)segment->site_heap;
        unsigned char *end = (unsigned char *)&segment->ring;
        for (; bytes < end; bytes++) {
            seed = seed * 1103515245 + 12345;
            *bytes = (unsigned char)(seed >> 16);
        }
        seed = seed * 1103515245 + 12345;
        atomic_store(&segment->kept_row_count, seed);
        atomic_store(&segment->heap_is_on, seed);
        atomic_store(&segment->small_bytes, (int64_t)((uint64_t)seed << 33));
        atomic_store(&segment->arena_bytes, INT64_MIN + round);
        fill_cell(1, 1, SEGMENT_NONE, 300);
        publish_slot(3, 7, 1, 1);
        atomic_store(&segment->slots[3].state, SLOT_ENDED);
        drain_run(drain, NOW_NS + (unsigned)round * NS_PER_SECOND);
        assert_true(heap_free_bytes(&model->heap) >= 0);
    }
    drain_detach(drain, LATER_NS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_drain, close_drain)
    const struct CMUnitTest tests[] = {
        TEST(test_lines),
        TEST(test_change_is_seen),
        TEST(test_whole_heap),
        TEST(test_spawned_worker_has_not_said_what_it_counts),
        TEST(test_invocation),
        TEST(test_load_is_not_told_apart),
        TEST(test_what_invocations_left),
        TEST(test_kept_is_copied_now_and_then),
        TEST(test_invocation_that_leaves_the_window),
        TEST(test_retained_ends_with_the_next_worker),
        TEST(test_a_worker_that_is_told_to_end),
        TEST(test_rows_past_the_table),
        TEST(test_columns_of_nobody_and_of_the_same),
        TEST(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
