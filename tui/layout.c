/*
 * From top to bottom: two header rows, the body (a heading row and the rows of the view), a rule
 * with the views' names, the detail of the selected row, a message, the keys. What goes first where
 * there is no room is the rule and the detail. From LAYOUT_SIDE_COLS on the body is cut in two: the
 * view, and invocations above output.
 */
#include "config.h"
#include "tui/layout.h"

#include "base/attributes.h"

enum { HEADER_ROWS = 2, SIDE_COLS_LEAST = 46, SIDE_COLS_MOST = 80 };

static void place_side(struct layout *layout)
{
    struct rect *main = &layout->main;
    int side = main->cols * 3 / 8;
    side = side < SIDE_COLS_LEAST ? SIDE_COLS_LEAST : side > SIDE_COLS_MOST ? SIDE_COLS_MOST : side;
    int upper = main->rows / 2;
    layout->side = true;
    layout->separator_col = main->cols - side - 1;
    layout->invocations = (struct rect){main->row, main->cols - side, upper, side};
    layout->output = (struct rect){main->row + upper, main->cols - side, main->rows - upper, side};
    main->cols = layout->separator_col;
}

struct layout layout_compute(int cols, int rows, bool side_wanted)
{
    struct layout layout = {.rule_row = -1, .detail_row = -1};
    if (cols < LAYOUT_COLS_MIN || rows < LAYOUT_ROWS_MIN) {
        layout.too_small = true;
        return layout;
    }
    layout.key_row = rows - 1;
    layout.message_row = rows - 2;
    int body_end = rows - 2;
    if (rows >= LAYOUT_FULL_ROWS) {
        layout.detail_row = rows - 3;
        layout.rule_row = rows - 4;
        body_end = rows - 4;
    }
    layout.main = (struct rect){HEADER_ROWS, 0, body_end - HEADER_ROWS, cols};
    if (side_wanted && cols >= LAYOUT_SIDE_COLS)
        place_side(&layout);
    return layout;
}

bool rect_holds(const struct rect *rect, int row, int col)
{
    return row >= rect->row && row < rect->row + rect->rows && col >= rect->col &&
           col < rect->col + rect->cols;
}

struct columns columns_fit(const struct column_spec *specs, size_t count, int pane_cols)
{
    struct columns columns = {.count = 0};
    int at = 0;
    for (size_t i = 0; i < count && columns.count < COLUMNS_MAX; i++) {
        const struct column_spec *spec = &specs[i];
        if (pane_cols < spec->from_cols)
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
