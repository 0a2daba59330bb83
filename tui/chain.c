/*
 * A row begins with the arrow that leads to it, so that one sees that it goes on. Keys of dicts are
 * any text, in quotes and brackets, and may hold an arrow.
 */
#include "config.h"
#include "tui/chain.h"

#include <string.h>

#include "tui/glyph.h"

static const char arrow[] = " -> ";
enum { ARROW_LEN = sizeof arrow - 1 };

/* Of an arrow's part that begins a row: "-> ". */
enum { LEAD = ARROW_LEN - 1 };

/* Behind the key that begins at `at`, where one does: ['...']; else behind that byte. A key that
 * has a quote in it ends where the bracket does. */
static size_t skip_key(const char *text, size_t at)
{
    char end[] = "']";
    if (text[at] != '[' || (text[at + 1] != '\'' && text[at + 1] != '"'))
        return at + 1;
    end[0] = text[at + 1];
    const char *found = strstr(text + at + 2, end);
    return found ? (size_t)(found - text) + sizeof end - 1 : at + 1;
}

bool chain_find_arrow(const char *text, size_t *at)
{
    while (text[*at]) {
        if (strncmp(text + *at, arrow, ARROW_LEN) == 0)
            return true;
        *at = skip_key(text, *at);
    }
    return false;
}

/* Where the link that begins at `at` ends. */
static size_t end_of_link(const char *text, size_t at)
{
    chain_find_arrow(text, &at);
    return at;
}

/* A row may begin with "-> ", which is no arrow before a link but the row's own. */
static size_t skip_lead(const char *text, size_t at)
{
    return at > 0 && strncmp(text + at, arrow + 1, LEAD) == 0 ? at + LEAD : at;
}

/* One link, or what follows its first row, in as many rows as it takes. */
static size_t cut_link(const char *text, size_t at, size_t end, int cols, struct chain_row *rows,
                       size_t room)
{
    size_t count = 0;
    while (count < room) {
        /* What follows stands behind the arrow. */
        int width = count && cols > 2 * LEAD ? cols - LEAD : cols;
        size_t len = glyphs_wrap(text + at, end - at, width);
        rows[count] = (struct chain_row){.at = at, .len = len, .is_rest = count > 0};
        count++;
        at += len;
        if (at >= end)
            break;
    }
    return count;
}

static size_t cut_whole(const char *text, int cols, struct chain_row *rows)
{
    size_t at = 0, count = 0;
    do {
        size_t end = end_of_link(text, skip_lead(text, at));
        count += cut_link(text, at, end, cols, rows + count, CHAIN_ROWS - count);
        at = text[end] ? end + 1 : end;
    } while (text[at] && count < CHAIN_ROWS);
    return count;
}

/* As many links as there is room for, one at the least, however long it is. */
static struct chain_row fill_row(const char *text, size_t at, int cols)
{
    struct chain_row row = {.at = at};
    size_t end = skip_lead(text, at);
    do {
        end = end_of_link(text, end);
        if (row.len && glyphs_cols(text + at, end - at) > cols)
            break;
        row.len = end - at;
        end += text[end] ? ARROW_LEN : 0;
    } while (text[end]);
    return row;
}

/* From the first link on from which all have room, or the last one. */
static struct chain_row last_row(const char *text, size_t at, int cols)
{
    size_t len = strlen(text), begin = at;
    while (chain_find_arrow(text, &at)) {
        begin = at + 1;
        if (glyphs_cols(text + begin, len - begin) <= cols)
            break;
        at += ARROW_LEN;
    }
    return (struct chain_row){.at = begin, .len = len - begin, .is_last = true};
}

/* "... " before what is left. */
enum { LEFT_OUT_COLS = 2 };

size_t chain_cut(const char *text, int cols, bool whole, struct chain_row rows[CHAIN_ROWS])
{
    size_t at = 0, count = 0;
    if (whole)
        return cut_whole(text, cols, rows);
    do {
        rows[count] = fill_row(text, at, cols);
        at = rows[count].at + rows[count].len;
        at += text[at] != '\0';
        count++;
    } while (text[at] && count < CHAIN_CLOSED_ROWS);
    if (text[at])
        rows[count - 1] = last_row(text, rows[count - 1].at, cols - LEFT_OUT_COLS);
    return count;
}
