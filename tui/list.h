/*
 * Rows of a view: which there are, which one is selected, and which is the first on the screen. The
 * rows are ids that mean something to the view alone. They are made again whenever the model has
 * changed; the selection stays with the id that it was on.
 */
#ifndef TUI_LIST_H
#define TUI_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LIST_TEXT_SIZE = 128 };

/* Where the selection goes when rows come and go. */
enum list_hold {
    HOLD_ROW,   /* stays with its row */
    HOLD_FIRST, /* stays on the first: the newest of a list that grows at the top */
    HOLD_LAST,  /* stays on the last: the tail of a log */
};

struct list {
    uint64_t *ids; /* owned */
    size_t count;
    size_t capacity;
    size_t cursor; /* selected row; 0 where there is none */
    size_t top;    /* first row on the screen */
    int skip;      /* screen rows of the selected, too tall row that are above the screen */
    int top_skip;  /* the same of the first row on the screen, where it is another one */
    uint64_t at;   /* id of the selected row */
    bool placed;   /* `at` is set */
    enum list_hold hold;
    bool center;     /* the selection jumped: where it is off the screen, show it in the middle */
    int scroll_cols; /* columns that are scrolled out to the left */
    unsigned sort;   /* column, as the view numbers them */
    bool inverted;
    char filter[LIST_TEXT_SIZE]; /* rows without this text are left out; "" for none */
};

void list_fini(struct list *list);
/* Make the rows again: begin, add each, end. */
void list_begin(struct list *list);
void list_add(struct list *list, uint64_t id);
void list_end(struct list *list);
/* The id of the selected row; false where there are no rows. */
bool list_selected(const struct list *list, uint64_t *id);
/* Select row `cursor`, cut to what there is. */
void list_select(struct list *list, size_t cursor);
/* Select the row with that id, or, where there is none, remember it for when it appears. */
void list_select_id(struct list *list, uint64_t id);
/* Move the selection by `delta` rows. */
void list_move(struct list *list, long delta);

/* Height in screen rows of the row with that id. */
typedef int list_height_fn(const void *context, uint64_t id);
/* Move `top` so that the selected row is on a screen of `rows` rows. `height` may be NULL: 1 each.
 */
void list_scroll(struct list *list, int rows, list_height_fn *height, const void *context);
/* How many screen rows of a row are above the screen. */
int list_hidden(const struct list *list, size_t row);

#endif
