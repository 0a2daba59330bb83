/*
 * Where things are, by the size of the screen: header, body with its panes, foot; and which columns
 * a table has. Pure arithmetic.
 */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

enum layout_limits {
    LAYOUT_COLS_MIN = 60,
    LAYOUT_ROWS_MIN = 10,
    LAYOUT_FULL_ROWS = 14,  /* fewer: no rule and no detail row */
    LAYOUT_HEAP_ROWS = 20,  /* fewer: no row about the heap below the detail row */
    LAYOUT_SIDE_COLS = 140, /* from here on there is a side pane */
};

struct rect {
    int row, col, rows, cols;
};

struct layout {
    bool too_small;
    struct rect main;                   /* heading row and rows of the view */
    bool side;                          /* the two below are there */
    struct rect invocations;            /* upper right */
    struct rect output;                 /* lower right */
    struct rect stop;                   /* all of the right, in the place of the two */
    int separator_col;                  /* of the line between main and side */
    int rule_row, detail_row, heap_row; /* -1 where they are not shown */
    int message_row, key_row;
    int foot_row, foot_rows; /* above the keys, for who has asked for it */
};

/* `side_wanted`: the view goes together with a side pane. `heap_wanted`: there is something to be
 * said about the heap. */
struct layout layout_compute(int cols, int rows, bool side_wanted, bool heap_wanted);
/* The same with so many rows above the keys for something else: all other parts are where they
 * would be on a screen without these rows, and the body gives what is missing to the smallest one.
 */
struct layout layout_with_foot(int cols, int rows, int foot_rows, bool side_wanted,
                               bool heap_wanted);
bool rect_holds(const struct rect *rect, int row, int col);

/* A column of a table: shown where the pane is at least `from_cols` wide. */
struct column_spec {
    int id;
    const char *title;
    int cols;      /* 0: takes what is left; one per table, the last */
    int gap;       /* empty columns before it */
    int from_cols; /* least width of the pane */
    bool right;    /* aligned to the right */
};

struct column {
    const struct column_spec *spec; /* borrowed */
    int at;                         /* from the pane's left edge */
    int cols;
};

enum { COLUMNS_MAX = 20 };

struct columns {
    struct column items[COLUMNS_MAX];
    size_t count;
};

struct columns columns_fit(const struct column_spec *specs, size_t count, int pane_cols);

/* Is there a column with that id? */
bool columns_hold(const struct columns *columns, int id);

enum column_choice { COLUMN_BY_WIDTH, COLUMN_ALWAYS, COLUMN_NEVER };
typedef enum column_choice column_choose(const void *context, int id);

/* The same where not only the width decides which columns there are; as if the pane were
 * `spare_cols` wider, for columns that are left out for another reason. */
struct columns columns_choose(const struct column_spec *specs, size_t count, int pane_cols,
                              int spare_cols, column_choose *choose, const void *context);

#endif
