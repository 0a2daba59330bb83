/*
 * From top to bottom: two header rows, the body (a heading row and the rows of the view), a rule
 * with the views' names, the detail of the selected row and a row about its heap, a message, the
 * keys. What goes first where there is no room is the row about the heap, then the rule and the
 * detail. From LAYOUT_SIDE_COLS on the body is cut in two: the
 * view, and invocations above output, or while a thread is stopped what is to be known of that.
 */
#include "config.h"
#include "tui/layout.h"

#include "base/attributes.h"

/* The view beside a side pane has room for the first columns of the heap. */
enum { HEADER_ROWS = 2, SIDE_COLS_LEAST = 46, SIDE_COLS_MOST = 80, MAIN_COLS_WANTED = 92 };

static void place_side(struct layout *layout)
{
    struct rect *main = &layout->main;
    int side = main->cols * 3 / 8, room = main->cols - 1 - MAIN_COLS_WANTED;
    side = side < room ? side : room;
    side = side < SIDE_COLS_LEAST ? SIDE_COLS_LEAST : side > SIDE_COLS_MOST ? SIDE_COLS_MOST : side;
    int upper = main->rows / 2;
    layout->side = true;
    layout->separator_col = main->cols - side - 1;
    layout->invocations = (struct rect){main->row, main->cols - side, upper, side};
    layout->output = (struct rect){main->row + upper, main->cols - side, main->rows - upper, side};
    layout->stop = (struct rect){main->row, main->cols - side, main->rows, side};
    main->cols = layout->separator_col;
}

struct layout layout_compute(int cols, int rows, bool side_wanted, bool heap_wanted)
{
    struct layout layout = {.rule_row = -1, .detail_row = -1, .heap_row = -1};
    if (cols < LAYOUT_COLS_MIN || rows < LAYOUT_ROWS_MIN) {
        layout.too_small = true;
        return layout;
    }
    layout.key_row = rows - 1;
    layout.message_row = rows - 2;
    int body_end = rows - 2;
    if (rows >= LAYOUT_FULL_ROWS) {
        if (heap_wanted && rows >= LAYOUT_HEAP_ROWS)
            layout.heap_row = --body_end;
        layout.detail_row = --body_end;
        layout.rule_row = --body_end;
    }
    layout.main = (struct rect){HEADER_ROWS, 0, body_end - HEADER_ROWS, cols};
    if (side_wanted && cols >= LAYOUT_SIDE_COLS)
        place_side(&layout);
    return layout;
}

struct layout layout_with_foot(int cols, int rows, int foot_rows, bool side_wanted,
                               bool heap_wanted)
{
    int above = rows - foot_rows;
    int computed = above < LAYOUT_ROWS_MIN && rows >= LAYOUT_ROWS_MIN ? LAYOUT_ROWS_MIN : above;
    struct layout layout = layout_compute(cols, computed, side_wanted, heap_wanted);
    if (layout.too_small)
        return layout;
    layout.main.rows -= computed - above;
    layout.output.rows -= layout.side ? computed - above : 0;
    layout.message_row -= computed - above;
    layout.foot_row = above - 1;
    layout.foot_rows = foot_rows;
    layout.key_row = rows - 1;
    return layout;
}

bool rect_holds(const struct rect *rect, int row, int col)
{
    return row >= rect->row && row < rect->row + rect->rows && col >= rect->col &&
           col < rect->col + rect->cols;
}

bool columns_hold(const struct columns *columns, int id)
{
    for (size_t i = 0; i < columns->count; i++)
        if (columns->items[i].spec->id == id)
            return true;
    return false;
}

static enum column_choice by_width(const void *context, int id)
{
    (void)context;
    (void)id;
    return COLUMN_BY_WIDTH;
}

struct columns columns_fit(const struct column_spec *specs, size_t count, int pane_cols)
{
    return columns_choose(specs, count, pane_cols, 0, by_width, NULL);
}

struct columns columns_choose(const struct column_spec *specs, size_t count, int pane_cols,
                              int spare_cols, column_choose *choose, const void *context)
{
    struct columns columns = {.count = 0};
    int at = 0;
    for (size_t i = 0; i < count && columns.count < COLUMNS_MAX; i++) {
        const struct column_spec *spec = &specs[i];
        enum column_choice choice = choose(context, spec->id);
        if (choice == COLUMN_NEVER ||
            (choice == COLUMN_BY_WIDTH && pane_cols + spare_cols < spec->from_cols))
            continue;
        int start = at + spec->gap;
        int cols = spec->cols ? spec->cols : pane_cols - start;
        if (cols <= 0 || start + cols > pane_cols)
            break;
        columns.items[columns.count++] = (struct column){spec, start, cols};
        at = start + cols;
    }
    return columns;
}
