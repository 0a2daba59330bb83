/*
 * Collecting: a record becomes the rows that its text holds. Of what repeats (source lines, files,
 * invocations, instances) a row has only the number.
 */
#include "config.h"
#include "report/import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/import_parts.h"
#include "report/log_time.h"

enum {
    JOINED_MAX_BYTES = 4 << 20,
    EXAMPLE_BYTES = 160,
    MESSAGE_MAX = 32768, /* characters, at which Application Insights cuts a message */
};

/* ---- what cannot be read ---- */

void import_note(struct import *import, uint64_t place, const char *what, struct span example)
{
    struct imported *imported = import->imported;
    imported->unreadable++;
    if (imported->problem_count == IMPORTED_EXAMPLES)
        return;
    char text[EXAMPLE_BYTES];
    text_clean(text, sizeof text, example.len ? example.at : "", example.len);
    imported->problems[imported->problem_count++] = (struct imported_problem){
        .where = mem_printf("%s, %s %" PRIu64, import->name,
                            import_place_name(import_reader_kind(import->reader)), place),
        .what = mem_strdup(what),
        .example = mem_strdup(text),
    };
}

static void on_problem(void *context, uint64_t place, const char *what, struct span example)
{
    import_note(context, place, what, example);
}

/* ---- the host's notices ---- */

/* What stands between `before` and `end` in `text`; len 0 where they are not there. */
static struct span between(struct span text, const char *before, char end)
{
    size_t len = strlen(before);
    const char *at = text.len >= len ? memmem(text.at, text.len, before, len) : NULL;
    if (!at)
        return (struct span){"", 0};
    struct span rest = span_skip(text, (size_t)(at - text.at) + len);
    const char *stop = rest.len ? memchr(rest.at, end, rest.len) : NULL;
    return stop ? (struct span){rest.at, (size_t)(stop - rest.at)} : (struct span){"", 0};
}

static void take_begin(struct import *import, struct span text)
{
    struct span name = between(text, "'Functions.", '\''), id = between(text, "Id=", ')');
    if (name.len == 0 || id.len == 0 || import->open_count == IMPORT_OPEN_MAX)
        return;
    import->open[import->open_count++] = (struct import_open){
        .key = intern_add(&import->keys, id), .function = intern_add(&import->functions, name)};
}

/* "Executed 'Functions.X' (Succeeded, Id=..., Duration=12ms)" */
static void take_end(struct import *import, struct span text)
{
    struct span id = between(text, "Id=", ','), duration = between(text, "Duration=", 'm');
    static const char failed[] = "(Failed";
    uint64_t ms = 0;
    if (id.len == 0)
        id = between(text, "Id=", ')');
    if (id.len == 0)
        return;
    for (size_t i = 0; i < duration.len && i < 12; i++)
        if (duration.at[i] >= '0' && duration.at[i] <= '9')
            ms = ms * 10 + (uint64_t)(duration.at[i] - '0');
    if (import->call_count == import->call_capacity) {
        import->call_capacity = import->call_capacity ? import->call_capacity * 2 : 64;
        import->calls = mem_resize(import->calls, import->call_capacity, sizeof *import->calls);
    }
    uint32_t key = intern_add(&import->keys, id);
    import->calls[import->call_count++] =
        (struct import_call){.key = key,
                             .duration_ns = ms * NS_PER_MS,
                             .failed = memmem(text.at, text.len, failed, strlen(failed)) != NULL};
    for (size_t i = 0; i < import->open_count; i++)
        if (import->open[i].key == key)
            import->open[i--] = import->open[--import->open_count];
}

static bool begins(struct span text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && memcmp(text.at, with, len) == 0;
}

static void take_notice(struct import *import, struct span text)
{
    if (begins(text, "Executing '"))
        take_begin(import, text);
    else if (begins(text, "Executed '"))
        take_end(import, text);
}

/* ---- rows ---- */

static struct import_row *append_row(struct import *import)
{
    if (import->row_count == import->row_capacity) {
        import->row_capacity = import->row_capacity ? import->row_capacity * 2 : 1024;
        import->rows = mem_resize(import->rows, import->row_capacity, sizeof *import->rows);
    }
    return &import->rows[import->row_count++];
}

static uint32_t intern_given(struct intern *intern, struct span text)
{
    return text.len ? intern_add(intern, text) : IMPORT_NONE;
}

/* "Function.X.User" and "Function.X" are of function X. An operation has its name, as a rule. */
static struct span function_of(const struct log_record *record)
{
    struct span category = record->fields[FIELD_CATEGORY];
    if (record->fields[FIELD_FUNCTION].len)
        return record->fields[FIELD_FUNCTION];
    if (!begins(category, "Function."))
        return record->fields[FIELD_OPERATION_NAME];
    category = span_skip(category, strlen("Function."));
    const char *end = category.len ? memchr(category.at, '.', category.len) : NULL;
    return (struct span){category.at, end ? (size_t)(end - category.at) : category.len};
}

/* Of other records, too: one date with a number above 12 tells how to read all. */
static void take_time(struct import *import, struct span text)
{
    struct log_time *time = &import->time;
    if (!log_time_parse(text, import->order, time))
        *time = (struct log_time){0};
    if (time->order == DATE_PLAIN)
        return;
    if (time->is_unsure)
        return;
    import->has_day_first |= time->order == DATE_DAY_FIRST;
    import->has_month_first |= time->order == DATE_MONTH_FIRST;
    import->order = time->order;
}

/* What the record says of its rows. */
static struct import_row describe(struct import *import, const struct log_record *record)
{
    struct import_row row = {
        .text = IMPORT_NONE,
        .time_ns = import->time.realtime_ns,
        .order = (uint8_t)(import->time.is_unsure ? import->time.order : DATE_PLAIN),
        .has_item = record->fields[FIELD_ITEM].len > 0,
    };
    struct span key = record->fields[FIELD_INVOCATION];
    row.file = intern_given(&import->files, span_trim_end(record->fields[FIELD_FILE]));
    row.key = intern_given(&import->keys, key.len ? key : record->fields[FIELD_OPERATION]);
    row.instance = intern_add(&import->instances, record->fields[FIELD_INSTANCE]);
    row.function = intern_given(&import->functions, function_of(record));
    if (row.function >= IMPORT_NAMES_MAX)
        row.function = IMPORT_NONE;
    if (record->is_console && row.key == IMPORT_NONE && import->open_count == 1) {
        row.key = import->open[0].key;
        row.function = import->open[0].function;
    }
    return row;
}

static void add_row(struct import *import, const struct log_record *record,
                    const struct log_row *found)
{
    struct imported *imported = import->imported;
    bool measured = found->kind == LOG_ROW_MEASURED;
    if (import->row_count == IMPORT_ROWS_MAX) {
        imported->dropped++;
        return;
    }
    struct import_row row = describe(import, record);
    if (found->kind == LOG_ROW_FILE) {
        row.file = intern_add(&import->files, found->text);
    } else {
        row.line = found->line;
        row.text = intern_add(&import->texts, found->text);
        row.mem_bytes = found->mem_bytes;
        row.increment_bytes = found->increment_bytes;
        row.occurrences = found->occurrences;
    }
    if (import_seen_has(&import->seen, &row)) {
        imported->repeated += measured;
        return;
    }
    if (row.order != DATE_PLAIN && !import->unsure)
        import->unsure = mem_strndup(record->fields[FIELD_TIME].at, record->fields[FIELD_TIME].len);
    row.sequence = (uint32_t)import->row_count;
    imported->rows += measured;
    imported->blank_rows += found->kind == LOG_ROW_UNMEASURED;
    imported->undated += measured && !row.time_ns;
    *append_row(import) = row;
}

static void take_row(struct import *import, const struct log_record *record,
                     const struct log_row *row, struct span text)
{
    if (row->kind == LOG_ROW_FILE || row->kind == LOG_ROW_MEASURED ||
        row->kind == LOG_ROW_UNMEASURED)
        add_row(import, record, row);
    else if (row->kind == LOG_ROW_NONE && row->tagged)
        import_note(import, record->place, "no row of memory_profiler", text);
}

/* The last line of a table that is a message of its own: Application Insights cuts it at 32,768
 * characters. A row of which there is some of the source line has its figures. */
static bool is_cut(struct span message, struct span line, const struct log_row *row)
{
    return message.len >= MESSAGE_MAX && line.len < message.len &&
           (row->kind == LOG_ROW_NONE || (row->kind == LOG_ROW_MEASURED && row->text.len == 0));
}

/* A message may be a whole table. */
static void take_message(struct import *import, const struct log_record *record)
{
    struct span rest = record->fields[FIELD_MESSAGE];
    struct log_row row;
    if (record->is_console)
        take_notice(import, rest);
    while (rest.len > 0) {
        const char *end = memchr(rest.at, '\n', rest.len);
        struct span line = {rest.at, end ? (size_t)(end - rest.at) : rest.len};
        rest = span_skip(rest, line.len + 1);
        log_row_parse(&row, line);
        if (rest.len == 0 && is_cut(record->fields[FIELD_MESSAGE], line, &row))
            import_note(import, record->place, "a report that was cut off", line);
        else
            take_row(import, record, &row, line);
    }
}

static bool is_empty(const struct span *fields)
{
    for (size_t i = 0; i < LOG_COLUMNS; i++)
        if (fields[i].len)
            return false;
    return true;
}

static void take_columns(struct import *import, const struct log_record *record)
{
    const struct span *columns = &record->fields[FIELD_LINE];
    struct log_row row;
    log_row_parse_columns(&row, columns, &import->joined);
    take_row(import, record, &row, (struct span){buf_text(&import->joined), import->joined.len});
}

/* An item that stands for several means that the others were left out. */
static void count_sampled(struct import *import, struct span count)
{
    uint64_t number = 0;
    if (count.len > 9)
        return;
    for (size_t i = 0; i < count.len; i++) {
        if (count.at[i] < '0' || count.at[i] > '9')
            return;
        number = number * 10 + (uint64_t)(count.at[i] - '0');
    }
    import->imported->sampled += number > 1 ? number - 1 : 0;
}

/* Names of instances on Azure are of 64 digits: a "*" stands for the rest of one. */
static bool is_wanted(const struct import *import, struct span instance)
{
    struct span wanted = span_of(import->setup.instance ? import->setup.instance : "*");
    if (wanted.len == 0 || wanted.at[wanted.len - 1] != '*')
        return span_equal(instance, wanted);
    wanted.len--;
    return instance.len >= wanted.len && span_equal((struct span){instance.at, wanted.len}, wanted);
}

/* The page's query calls the record's id RequestId, others that of its operation or invocation. */
static void begin_record(struct import *import, const struct log_record *record)
{
    struct span item = record->fields[FIELD_ITEM], request = record->fields[FIELD_REQUEST];
    if (item.len || !record->is_table || span_equal(request, record->fields[FIELD_INVOCATION]) ||
        span_equal(request, record->fields[FIELD_OPERATION]))
        import_seen_begin_record(&import->seen, item, true);
    else
        import_seen_begin_record(&import->seen, request, false);
}

static void on_record(void *context, const struct log_record *record)
{
    struct import *import = context;
    size_t before = import->row_count;
    import->imported->records++;
    take_time(import, record->fields[FIELD_TIME]);
    if (!is_wanted(import, record->fields[FIELD_INSTANCE]))
        return;
    begin_record(import, record);
    if (record->is_table &&
        !(is_empty(&record->fields[FIELD_LINE]) && record->fields[FIELD_MESSAGE].len))
        take_columns(import, record);
    else
        take_message(import, record);
    if (import->row_count == before)
        return;
    import_seen_end_record(&import->seen, &import->rows[before], import->row_count - before);
    count_sampled(import, record->fields[FIELD_ITEM_COUNT]);
}

/* ---- logs ---- */

struct import *import_new(const struct import_setup *setup)
{
    struct import *import = mem_calloc(1, sizeof *import);
    import->setup = *setup;
    import->imported = imported_new();
    import->sink = (struct log_sink){import, on_record, on_problem};
    buf_init(&import->joined, JOINED_MAX_BYTES);
    return import;
}

void import_begin(struct import *import, const char *name)
{
    import->reader = import_reader_new(&import->sink);
    import->name = mem_strdup(name);
    import->first_row = import->row_count;
    import->has_day_first = import->has_month_first = false;
    import->open_count = 0;
    import->imported->files++;
    if (import->row_count > import->seen_count)
        import_seen_add_log(&import->seen, &import->rows[import->seen_count],
                            import->row_count - import->seen_count);
    import->seen_count = import->row_count;
}

bool import_feed(struct import *import, const char *bytes, size_t len)
{
    return import_reader_feed(import->reader, bytes, len);
}

/* "1/5/2024 10:00 was read as 2024-05-01" */
static char *describe_unsure(const char *text, uint64_t time_ns)
{
    char clean[EXAMPLE_BYTES], date[16] = "";
    time_t seconds = (time_t)(time_ns / NS_PER_SECOND);
    struct tm parts;
    if (gmtime_r(&seconds, &parts))
        strftime(date, sizeof date, "%Y-%m-%d", &parts);
    text_clean(clean, sizeof clean, text, strlen(text));
    return mem_printf("%s was read as %s", clean, date);
}

static uint64_t time_by(const struct import_row *row, enum date_order order)
{
    bool is_other = row->order != DATE_PLAIN && row->order != order;
    return is_other ? log_time_exchange(row->time_ns) : row->time_ns;
}

/* How long a time this log is of, if that is the order of its dates. */
static uint64_t span_by(const struct import *import, enum date_order order)
{
    uint64_t first_ns = UINT64_MAX, last_ns = 0;
    for (size_t i = import->first_row; i < import->row_count; i++) {
        uint64_t time_ns = time_by(&import->rows[i], order);
        if (time_ns && time_ns < first_ns)
            first_ns = time_ns;
        if (time_ns > last_ns)
            last_ns = time_ns;
    }
    return last_ns > first_ns ? last_ns - first_ns : 0;
}

/* Logs are of some days, so that 1/5, 2/5 and 3/5 are days of May. Where that tells nothing, it is
 * DATE_PLAIN. */
static enum date_order likely_order(const struct import *import)
{
    uint64_t by_day = span_by(import, DATE_DAY_FIRST);
    uint64_t by_month = span_by(import, DATE_MONTH_FIRST);
    return by_day < by_month ? DATE_DAY_FIRST : by_month < by_day ? DATE_MONTH_FIRST : DATE_PLAIN;
}

/* Dates that do not say which number is the day are read by the others of their log, else by those
 * of an earlier one, else so that they lie close together, else as is usual. */
static void settle_dates(struct import *import)
{
    struct imported *imported = import->imported;
    if (import->has_day_first && import->has_month_first)
        import->order = DATE_PLAIN;
    bool is_known = import->order != DATE_PLAIN;
    enum date_order order = import->order;
    if (!is_known && import->unsure)
        order = likely_order(import);
    for (size_t i = import->first_row; import->unsure && i < import->row_count; i++) {
        struct import_row *row = &import->rows[i];
        if (row->order == DATE_PLAIN)
            continue;
        if (order != DATE_PLAIN)
            row->time_ns = time_by(row, order);
        if (!is_known && !imported->unsure_date)
            imported->unsure_date = describe_unsure(import->unsure, row->time_ns);
        imported->unsure_dates += !is_known && row->occurrences > 0;
    }
    free(import->unsure);
    import->unsure = NULL;
}

/* Exports with the newest rows first are as frequent as others. */
static bool is_newest_first(const struct import *import)
{
    size_t later = 0, earlier = 0;
    for (size_t i = import->first_row + 1; i < import->row_count; i++) {
        uint64_t before = import->rows[i - 1].time_ns, now = import->rows[i].time_ns;
        later += now > before;
        earlier += now && now < before;
    }
    return earlier > later;
}

/* Rows of the same time are then in the order from back to front, too. */
static void turn_round(struct import *import)
{
    for (size_t i = import->first_row; i < import->row_count; i++)
        import->rows[i].sequence = (uint32_t)(import->row_count - 1 - (i - import->first_row));
}

void import_end(struct import *import)
{
    import_reader_end(import->reader);
    settle_dates(import);
    if (is_newest_first(import))
        turn_round(import);
    import_reader_free(import->reader);
    free(import->name);
    import->reader = NULL;
    import->name = NULL;
}

uint64_t import_rows(const struct import *import)
{
    return import->imported->rows;
}

void import_free(struct import *import)
{
    if (!import)
        return;
    import_reader_free(import->reader);
    free(import->name);
    free(import->unsure);
    free(import->rows);
    free(import->calls);
    intern_fini(&import->texts);
    intern_fini(&import->files);
    intern_fini(&import->keys);
    intern_fini(&import->instances);
    intern_fini(&import->functions);
    import_seen_fini(&import->seen);
    imported_free(import->imported);
    buf_fini(&import->joined);
    free(import);
}
