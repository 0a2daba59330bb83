/*
 * The rows of a list come and go with the model; what must stay is what the user looks at. So the
 * selection is an id, found again after each change, and `top` only moves where the selection would
 * leave the screen, or where rows below the end would be wasted. Rows may be taller than one: a log
 * line that is wrapped.
 */
#include "config.h"
#include "tui/list.h"

#include <stdlib.h>

#include "base/mem.h"

void list_fini(struct list *list)
{
    free(list->ids);
    *list = (struct list){0};
}

void list_begin(struct list *list)
{
    list->count = 0;
}

void list_add(struct list *list, uint64_t id)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 64;
        list->ids = mem_resize(list->ids, list->capacity, sizeof *list->ids);
    }
    list->ids[list->count++] = id;
}

static bool find_id(const struct list *list, uint64_t id, size_t *row)
{
    /* Most often nothing moved. */
    if (list->cursor < list->count && list->ids[list->cursor] == id) {
        *row = list->cursor;
        return true;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (list->ids[i] == id) {
            *row = i;
            return true;
        }
    }
    return false;
}

void list_end(struct list *list)
{
    size_t row;
    if (list->count == 0) {
        list->cursor = list->top = 0;
        return;
    }
    if (list->hold == HOLD_FIRST)
        list->cursor = 0;
    else if (list->hold == HOLD_ROW && list->placed && find_id(list, list->at, &row))
        list->cursor = row;
    else if (list->hold == HOLD_LAST || list->cursor >= list->count)
        list->cursor = list->count - 1;
    if (!list->placed || list->hold != HOLD_ROW) {
        if (list->at != list->ids[list->cursor])
            list->skip = 0;
        list->at = list->ids[list->cursor];
        list->placed = true;
    }
}

bool list_selected(const struct list *list, uint64_t *id)
{
    if (list->count == 0 || list->cursor >= list->count)
        return false;
    *id = list->ids[list->cursor];
    return true;
}

void list_select(struct list *list, size_t cursor)
{
    if (list->count == 0)
        return;
    cursor = cursor < list->count ? cursor : list->count - 1;
    if (cursor != list->cursor)
        list->skip = 0;
    list->cursor = cursor;
    list->at = list->ids[cursor];
    list->placed = true;
    list->hold = HOLD_ROW;
}

void list_select_id(struct list *list, uint64_t id)
{
    size_t row;
    if (find_id(list, id, &row))
        list->cursor = row;
    list->at = id;
    list->placed = true;
    list->hold = HOLD_ROW;
    list->skip = 0;
    list->center = true;
}

void list_move(struct list *list, long delta)
{
    size_t cursor = list->cursor;
    if (delta < 0)
        cursor = cursor > (size_t)-delta ? cursor - (size_t)-delta : 0;
    else
        cursor += (size_t)delta;
    list_select(list, cursor);
}

static int height_of(const struct list *list, size_t row, list_height_fn *height,
                     const void *context)
{
    return height ? height(context, list->ids[row]) : 1;
}

/* The first row from which the selected one is still wholly on the screen, after `room` screen rows
 * at the most. */
static size_t earliest_top(const struct list *list, int room, list_height_fn *height,
                           const void *context)
{
    size_t top = list->cursor;
    int used = height_of(list, top, height, context);
    while (top > 0) {
        used += height_of(list, top - 1, height, context);
        if (used > room)
            break;
        top--;
    }
    return top;
}

/* Rows below the end are a waste where there are rows above the top; of the first of these there
 * may only be room for a part. */
static void fill_screen(struct list *list, int rows, list_height_fn *height, const void *context)
{
    int used = 0;
    for (size_t i = list->top; i < list->count && used < rows; i++)
        used += height_of(list, i, height, context);
    while (list->top > 0 && used < rows) {
        list->top--;
        used += height_of(list, list->top, height, context);
        list->top_skip = used > rows ? used - rows : 0;
    }
}

int list_hidden(const struct list *list, size_t row)
{
    if (row == list->cursor)
        return list->skip;
    return row == list->top ? list->top_skip : 0;
}

void list_scroll(struct list *list, int rows, list_height_fn *height, const void *context)
{
    list->top_skip = 0;
    if (list->count == 0 || rows <= 0)
        return;
    size_t earliest = earliest_top(list, rows, height, context);
    bool off = list->top > list->cursor || list->top < earliest;
    if (off && list->center)
        list->top = earliest_top(list, (rows + 1) / 2, height, context);
    else if (list->top > list->cursor)
        list->top = list->cursor;
    else if (list->top < earliest)
        list->top = earliest;
    list->center = false;
    int hidden = height_of(list, list->cursor, height, context) - rows;
    if (list->skip > hidden)
        list->skip = hidden > 0 ? hidden : 0;
    fill_screen(list, rows, height, context);
}
