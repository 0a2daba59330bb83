#include "config.h"
#include "store/holders_read.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/recording_open.h"

enum { TEXT_BYTES_MAX = 4096 };

static const char count_tables[] =
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('holders', "
    "'holders_lines', 'holders_types', 'holders_chains')";

static const char *const queries[HOLDERS_QUERIES] = {
    [GET_HOLDERS] = "SELECT number FROM holders WHERE event <= ? ORDER BY number DESC LIMIT 1",
    [GET_HOLDERS_LINES] =
        "SELECT file, line, is_answer, problem, count, shallow_bytes, retained_bytes, "
        "oldest_invocation, newest_invocation FROM holders_lines WHERE number = ? ORDER BY place "
        "LIMIT ?",
    [GET_HOLDERS_TYPES] =
        "SELECT type, count, shallow_bytes, retained_bytes, example, chain FROM holders_types "
        "WHERE number = ? AND file = ? AND line = ? ORDER BY place LIMIT ?",
    [GET_HOLDERS_CHAINS] =
        "SELECT chain, note, is_bounded, count, bytes, newest_invocation FROM holders_chains "
        "WHERE number = ? AND file = ? AND line = ? ORDER BY place LIMIT ?",
};

void holders_reader_init(struct holders_reader *reader, sqlite3 *db)
{
    *reader = (struct holders_reader){{NULL}};
    if (recording_db_number(db, count_tables) != 4)
        return;
    for (size_t i = 0; i < HOLDERS_QUERIES; i++) {
        if (sqlite3_prepare_v2(db, queries[i], -1, &reader->statements[i], NULL)) {
            holders_reader_fini(reader);
            return;
        }
    }
}

void holders_reader_fini(struct holders_reader *reader)
{
    for (size_t i = 0; i < HOLDERS_QUERIES; i++)
        sqlite3_finalize(reader->statements[i]);
    *reader = (struct holders_reader){{NULL}};
}

/* ---- columns ---- */

/* One line, cleaned; NULL where there is no text, or one that is too long. */
static char *take_text(sqlite3_stmt *row, int column)
{
    struct span text;
    if (!recording_db_bytes(row, column, TEXT_BYTES_MAX, &text) || text.len == 0)
        return NULL;
    char *clean = mem_calloc(TEXT_BYTES_MAX, 1);
    size_t len = text_clean(clean, TEXT_BYTES_MAX, text.at, text.len);
    char *copy = mem_strndup(clean, len);
    free(clean);
    return copy;
}

/* What is no number, or a negative one, is `missing`. */
static int64_t take_number(sqlite3_stmt *row, int column, int64_t missing)
{
    int64_t number = sqlite3_column_int64(row, column);
    return sqlite3_column_type(row, column) == SQLITE_INTEGER && number >= 0 ? number : missing;
}

static uint64_t take_count(sqlite3_stmt *row, int column)
{
    return (uint64_t)take_number(row, column, 0);
}

/* ---- rows ---- */

static void take_type(struct holders *holders, sqlite3_stmt *row)
{
    char *name = take_text(row, 0);
    if (!name)
        return;
    holders->types[holders->type_count++] = (struct holders_type){
        .name = name,
        .count = take_count(row, 1),
        .shallow_bytes = take_number(row, 2, 0),
        .retained_bytes = take_number(row, 3, -1),
        .example = take_text(row, 4),
        .chain = take_text(row, 5),
    };
}

static void take_chain(struct holders *holders, sqlite3_stmt *row)
{
    char *text = take_text(row, 0);
    if (!text)
        return;
    holders->chains[holders->chain_count++] = (struct holders_chain){
        .text = text,
        .note = take_text(row, 1),
        .is_bounded = take_number(row, 2, 0) == 1,
        .count = take_count(row, 3),
        .bytes = take_number(row, 4, 0),
        .newest_number = take_count(row, 5),
    };
}

/* Hand over the rows of the line, `most` at the most. */
static void take_rows(sqlite3_stmt *row, uint64_t number, struct holders *holders, int most,
                      void (*take)(struct holders *holders, sqlite3_stmt *row))
{
    sqlite3_bind_int64(row, 1, (sqlite3_int64)number);
    sqlite3_bind_int64(row, 2, holders->file);
    sqlite3_bind_int64(row, 3, holders->line);
    sqlite3_bind_int(row, 4, most);
    while (sqlite3_step(row) == SQLITE_ROW)
        take(holders, row);
    sqlite3_reset(row);
}

/* False where the line cannot be. */
static bool take_line(const struct holders_reader *reader, uint64_t number, sqlite3_stmt *row,
                      const struct model *model, struct holders *holders)
{
    uint64_t file = (uint64_t)take_number(row, 0, INT64_MAX), line = take_count(row, 1);
    if (file >= model->file_count || line == 0 || line > FILE_LINES_MAX)
        return false;
    bool is_answer = take_number(row, 2, 0) == 1;
    *holders = (struct holders){
        .state = is_answer ? HOLDERS_READY : HOLDERS_FAILED,
        .percent = is_answer ? 100 : 0,
        .problem = take_text(row, 3),
        .file = (uint32_t)file,
        .line = (uint32_t)line,
        .count = take_count(row, 4),
        .shallow_bytes = take_number(row, 5, 0),
        .retained_bytes = take_number(row, 6, -1),
        .oldest_number = take_count(row, 7),
        .newest_number = take_count(row, 8),
    };
    if (!is_answer)
        return true;
    take_rows(reader->statements[GET_HOLDERS_TYPES], number, holders, HOLDERS_TYPES, take_type);
    take_rows(reader->statements[GET_HOLDERS_CHAINS], number, holders, HOLDERS_CHAINS, take_chain);
    return true;
}

/* Which answer was there at the event; 0: none. */
static uint64_t find_answer(const struct holders_reader *reader, uint64_t event)
{
    sqlite3_stmt *row = reader->statements[GET_HOLDERS];
    uint64_t number = 0;
    if (!row)
        return 0;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)event);
    if (sqlite3_step(row) == SQLITE_ROW)
        number = take_count(row, 0);
    sqlite3_reset(row);
    return number;
}

void holders_reader_take(struct holders_reader *reader, uint64_t event, struct model *model)
{
    struct holders_list *list = &model->evidence;
    uint64_t number = find_answer(reader, event);
    if (number == list->revision)
        return;
    holders_list_clear(list);
    list->revision = number;
    model_touch(model);
    if (number == 0)
        return;
    sqlite3_stmt *row = reader->statements[GET_HOLDERS_LINES];
    sqlite3_bind_int64(row, 1, (sqlite3_int64)number);
    sqlite3_bind_int(row, 2, HOLDERS_LINES);
    while (sqlite3_step(row) == SQLITE_ROW)
        if (take_line(reader, number, row, model, &list->lines[list->count]))
            list->count++;
    sqlite3_reset(row);
}
