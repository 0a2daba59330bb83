#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/attributes.h"
#include "tui/layout.h"
#include "tui/list.h"

static void test_too_small(void **state)
{
    (void)state;
    assert_true(layout_compute(59, 24, true, false).too_small);
    assert_true(layout_compute(80, 9, true, false).too_small);
    assert_false(layout_compute(60, 10, true, false).too_small);
}

/* Whatever the size: the parts lie within the screen, and none over another. */
static void test_every_size(void **state)
{
    (void)state;
    for (int cols = LAYOUT_COLS_MIN; cols < 260; cols++) {
        for (int rows = LAYOUT_ROWS_MIN; rows < 70; rows++) {
            bool heap = (cols + rows) % 2;
            struct layout layout = layout_compute(cols, rows, true, heap);
            int body_end = layout.main.row + layout.main.rows;
            assert_true(layout.main.rows >= 3);
            assert_int_equal(layout.main.row, 2);
            assert_int_equal(layout.key_row, rows - 1);
            assert_int_equal(layout.message_row, rows - 2);
            assert_int_equal(layout.rule_row >= 0, rows >= LAYOUT_FULL_ROWS);
            assert_int_equal(layout.heap_row >= 0, heap && rows >= LAYOUT_HEAP_ROWS);
            if (layout.heap_row >= 0) {
                assert_int_equal(layout.heap_row, rows - 3);
                assert_int_equal(layout.detail_row, rows - 4);
            }
            assert_int_equal(body_end, layout.rule_row >= 0 ? layout.rule_row : rows - 2);
            assert_int_equal(layout.side, cols >= LAYOUT_SIDE_COLS);
            if (!layout.side) {
                assert_int_equal(layout.main.cols, cols);
                continue;
            }
            assert_true(layout.main.cols >= 80);
            assert_int_equal(layout.main.cols, layout.separator_col);
            assert_int_equal(layout.invocations.col, layout.separator_col + 1);
            assert_int_equal(layout.invocations.col + layout.invocations.cols, cols);
            assert_int_equal(layout.output.row, layout.main.row + layout.invocations.rows);
            assert_int_equal(layout.output.row + layout.output.rows, body_end);
        }
    }
}

static void test_a_view_may_want_it_all(void **state)
{
    (void)state;
    assert_false(layout_compute(200, 50, false, false).side);
    assert_int_equal(layout_compute(200, 50, false, false).main.cols, 200);
}

static enum column_choice choose_column(const void *context, int id)
{
    const int *always = context;
    return id == *always ? COLUMN_ALWAYS : id == 2 ? COLUMN_NEVER : COLUMN_BY_WIDTH;
}

static void test_chosen_columns(void **state)
{
    static const struct column_spec specs[] = {
        {1, "a", 4, 0, 0, false}, {2, "b", 5, 1, 0, false}, {3, "c", 5, 1, 40, false}};
    int always = 0;
    (void)state;
    struct columns columns = columns_choose(specs, ARRAY_LEN(specs), 30, 9, choose_column, &always);
    assert_int_equal(columns.count, 1);
    assert_false(columns_hold(&columns, 3));
    columns = columns_choose(specs, ARRAY_LEN(specs), 30, 10, choose_column, &always);
    assert_true(columns_hold(&columns, 3));
    assert_false(columns_hold(&columns, 2));
    always = 3;
    columns = columns_choose(specs, ARRAY_LEN(specs), 30, 0, choose_column, &always);
    assert_int_equal(columns.count, 2);
    assert_int_equal(columns.items[1].at, 5);
}

static void test_columns(void **state)
{
    static const struct column_spec specs[] = {
        {1, "a", 4, 0, 0, false}, {2, "b", 5, 1, 40, false}, {3, "c", 0, 1, 0, false}};
    (void)state;
    struct columns columns = columns_fit(specs, ARRAY_LEN(specs), 30);
    assert_int_equal(columns.count, 2);
    assert_int_equal(columns.items[1].spec->id, 3);
    assert_int_equal(columns.items[1].at, 5);
    assert_int_equal(columns.items[1].cols, 25);
    columns = columns_fit(specs, ARRAY_LEN(specs), 40);
    assert_int_equal(columns.count, 3);
    assert_int_equal(columns.items[2].at + columns.items[2].cols, 40);
    assert_int_equal(columns_fit(specs, ARRAY_LEN(specs), 3).count, 0);
}

static void fill(struct list *list, uint64_t first, uint64_t count)
{
    list_begin(list);
    for (uint64_t id = first; id < first + count; id++)
        list_add(list, id);
    list_end(list);
}

static void test_selection_stays_with_its_row(void **state)
{
    struct list list = {0};
    uint64_t id;
    (void)state;
    fill(&list, 10, 5);
    list_move(&list, 2);
    assert_true(list_selected(&list, &id));
    assert_int_equal(id, 12);
    fill(&list, 11, 5);
    assert_int_equal(list.cursor, 1);
    fill(&list, 100, 1);
    assert_int_equal(list.cursor, 0);
    fill(&list, 11, 5);
    assert_int_equal(list.cursor, 1);
    fill(&list, 0, 0);
    assert_false(list_selected(&list, &id));
    list_fini(&list);
}

static void test_holds(void **state)
{
    struct list list = {.hold = HOLD_LAST};
    (void)state;
    fill(&list, 0, 5);
    assert_int_equal(list.cursor, 4);
    fill(&list, 0, 9);
    assert_int_equal(list.cursor, 8);
    list_move(&list, -100);
    fill(&list, 0, 12);
    assert_int_equal(list.cursor, 0);
    list.hold = HOLD_FIRST;
    list.cursor = 7;
    fill(&list, 0, 12);
    assert_int_equal(list.cursor, 0);
    list_fini(&list);
}

static void test_scrolling(void **state)
{
    struct list list = {0};
    (void)state;
    fill(&list, 0, 100);
    list_move(&list, 9);
    list_scroll(&list, 10, NULL, NULL);
    assert_int_equal(list.top, 0);
    list_move(&list, 1);
    list_scroll(&list, 10, NULL, NULL);
    assert_int_equal(list.top, 1);
    list_select_id(&list, 50);
    list_scroll(&list, 10, NULL, NULL);
    assert_true(list.top > 41 && list.top < 50);
    list_move(&list, 1000);
    list_scroll(&list, 10, NULL, NULL);
    assert_int_equal(list.top, 90);
    fill(&list, 0, 20);
    list_scroll(&list, 30, NULL, NULL);
    assert_int_equal(list.top, 0);
    list_fini(&list);
}

static int height(const void *context, uint64_t id)
{
    (void)context;
    return id % 2 ? 3 : 1;
}

static void test_scrolling_tall_rows(void **state)
{
    struct list list = {0};
    (void)state;
    fill(&list, 0, 10);
    list_move(&list, 9);
    list_scroll(&list, 8, height, NULL);
    assert_int_equal(list.top, 6);
    list_move(&list, -4);
    list_scroll(&list, 8, height, NULL);
    assert_int_equal(list.top, 5);
    /* Taller than the screen. */
    list_scroll(&list, 2, height, NULL);
    assert_int_equal(list.top, 5);
    list_fini(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_small),
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_a_view_may_want_it_all),
        cmocka_unit_test(test_chosen_columns),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_selection_stays_with_its_row),
        cmocka_unit_test(test_holds),
        cmocka_unit_test(test_scrolling),
        cmocka_unit_test(test_scrolling_tall_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
