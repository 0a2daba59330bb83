/*
 * Who holds what leaks, in a recording: it is no part of an event's change, since it is asked for a
 * few times in a run, is as long as a key frame, and is of use in anybody's SQL. An answer about
 * all lines that leak is written once, whole, with the event by which it was there; a replay shows
 * the latest one up to its event.
 */
#include "config.h"
#include "store/recording_parts.h"

#include <string.h>

static void put_text(struct rows *rows, const char *text)
{
    if (text)
        rows_text(rows, text, strlen(text));
    else
        rows_null(rows);
}

static void put_bytes(struct rows *rows, int64_t bytes)
{
    if (bytes >= 0)
        rows_number(rows, bytes);
    else
        rows_null(rows);
}

/* What each row of an answer begins with. */
static void begin_row(struct recording *recording, enum row row, const struct holders *holders,
                      size_t place)
{
    rows_begin(&recording->rows, row);
    rows_number(&recording->rows, (int64_t)recording->holders_number);
    rows_number(&recording->rows, holders->file);
    rows_number(&recording->rows, holders->line);
    rows_number(&recording->rows, (int64_t)place);
}

static void put_type(struct rows *rows, const struct holders_type *type)
{
    put_text(rows, type->name);
    rows_number(rows, (int64_t)type->count);
    rows_number(rows, type->shallow_bytes);
    put_bytes(rows, type->retained_bytes);
    put_text(rows, type->example);
    put_text(rows, type->chain);
}

static void put_chain(struct rows *rows, const struct holders_chain *chain)
{
    put_text(rows, chain->text);
    put_text(rows, chain->note);
    rows_number(rows, chain->is_bounded);
    rows_number(rows, (int64_t)chain->count);
    rows_number(rows, chain->bytes);
    rows_number(rows, (int64_t)chain->newest_number);
}

static void put_line(struct recording *recording, const struct holders *holders, size_t place)
{
    struct rows *rows = &recording->rows;
    begin_row(recording, ROW_ADD_HOLDERS_LINE, holders, place);
    rows_number(rows, holders->state == HOLDERS_READY);
    put_text(rows, holders->problem);
    rows_number(rows, (int64_t)holders->count);
    rows_number(rows, holders->shallow_bytes);
    put_bytes(rows, holders->retained_bytes);
    rows_number(rows, (int64_t)holders->oldest_number);
    rows_number(rows, (int64_t)holders->newest_number);
    for (size_t i = 0; i < holders->type_count; i++) {
        begin_row(recording, ROW_ADD_HOLDERS_TYPE, holders, i);
        put_type(rows, &holders->types[i]);
    }
    for (size_t i = 0; i < holders->chain_count; i++) {
        begin_row(recording, ROW_ADD_HOLDERS_CHAIN, holders, i);
        put_chain(rows, &holders->chains[i]);
    }
}

void recording_put_holders(struct recording *recording, const struct holders_list *list)
{
    if (recording->event == 0 || recording->holders_revision == list->revision)
        return;
    recording->holders_revision = list->revision;
    recording->holders_number++;
    rows_begin(&recording->rows, ROW_ADD_HOLDERS);
    rows_number(&recording->rows, (int64_t)recording->holders_number);
    rows_number(&recording->rows, (int64_t)recording->event);
    for (size_t i = 0; i < list->count; i++)
        put_line(recording, &list->lines[i], i);
}
