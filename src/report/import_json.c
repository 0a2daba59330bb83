/*
 * One set of callbacks for all shapes. A stack of the keys that lead to the current value (as far
 * as KEYS_MAX; deeper ones have no meaning here) says where it stands:
 *
 *   tables   {"tables": [{"columns": [{"name": N}...], "rows": [[V...]...]}]}: a row is a record,
 *            its values are told apart by their index
 *   error    beside the tables, or alone: what Azure says of the query is a problem
 *   records  an object that no other one holds, but for {"records": [...]} and {"value": [...]}
 */
#include "config.h"
#include "report/import_json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/mem.h"

enum { KEYS_MAX = 12, KEY_BYTES = 64, COLUMNS_MAX = 512, EXAMPLE_BYTES = 60 };

/* Depths, in containers, of what a document of tables has. */
enum { DEPTH_TABLE = 3, DEPTH_COLUMN = 5, DEPTH_ROW = 5 };

enum section { SECTION_OTHER, SECTION_COLUMNS, SECTION_ROWS };

struct import_json {
    const struct log_sink *sink;
    yajl_handle parser; /* owned */
    bool failed;
    uint64_t place; /* records so far */
    bool is_placed; /* the place was given: it is the line of a text */

    unsigned depth;        /* containers open */
    unsigned record_depth; /* containers open within which a record is; 0: in none */
    bool is_list;          /* below "records" or "value" */
    bool is_tables;
    enum section section;
    enum log_field columns[COLUMNS_MAX];
    size_t column_count;
    size_t index; /* of the value in a row */
    char keys[KEYS_MAX][KEY_BYTES];
    struct log_draft draft;
};

/* ---- where we are ---- */

static const char *key_at(const struct import_json *json, unsigned depth)
{
    return depth > 0 && depth < KEYS_MAX ? json->keys[depth] : "";
}

/* The field of the value at hand by its key, or by the key and that of the object around it. */
static enum log_field field_here(const struct import_json *json)
{
    char name[2 * KEY_BYTES + 2];
    unsigned depth = json->depth < KEYS_MAX ? json->depth : KEYS_MAX - 1;
    /* In a list, the key is the list's. */
    while (depth > 1 && !*json->keys[depth])
        depth--;
    enum log_field field = log_field_of(span_of(key_at(json, depth)));
    unsigned above = depth > 0 ? depth - 1 : 0;
    while (above > 1 && !*json->keys[above])
        above--;
    if (field != LOG_FIELDS || !*key_at(json, above))
        return field;
    size_t len = strlen(key_at(json, above));
    memcpy(name, key_at(json, above), len);
    name[len] = '.';
    memcpy(name + len + 1, key_at(json, depth), strlen(key_at(json, depth)) + 1);
    return log_field_of(span_of(name));
}

static bool is_row_value(const struct import_json *json)
{
    return json->is_tables && json->section == SECTION_ROWS && json->depth >= DEPTH_ROW;
}

/* {"tables": [...], "error": {"message": ..., "details": [...]}}: a query that was too large, or
 * wrong. A line of a text is a record, whatever is in it. */
static bool is_error_message(const struct import_json *json)
{
    return !json->is_placed && json->depth > 1 && strcmp(key_at(json, 1), "error") == 0 &&
           strcmp(key_at(json, json->depth), "message") == 0;
}

static void take_value(struct import_json *json, struct span value)
{
    if (is_error_message(json)) {
        json->sink->problem(json->sink->context, json->place + 1,
                            "the answer is not whole, or none; Azure says", value);
    } else if (is_row_value(json)) {
        if (json->depth == DEPTH_ROW) {
            if (json->index < json->column_count)
                log_draft_set(&json->draft, json->columns[json->index], value, 1);
            json->index++;
        } else {
            log_draft_set(&json->draft, field_here(json), value, json->depth - DEPTH_ROW + 1);
        }
    } else if (json->is_tables) {
        if (json->section == SECTION_COLUMNS && json->depth == DEPTH_COLUMN &&
            strcmp(key_at(json, json->depth), "name") == 0 && json->column_count < COLUMNS_MAX)
            json->columns[json->column_count++] = log_field_of(value);
    } else if (json->record_depth) {
        log_draft_set(&json->draft, field_here(json), value, json->depth - json->record_depth + 1);
    }
}

/* ---- yajl's events ---- */

static int on_null(void *context)
{
    take_value(context, (struct span){"", 0});
    return 1;
}

static int on_boolean(void *context, int value)
{
    take_value(context, span_of(value ? "true" : "false"));
    return 1;
}

static int on_number(void *context, const char *text, size_t len)
{
    take_value(context, (struct span){text, len});
    return 1;
}

static int on_string(void *context, const unsigned char *text, size_t len)
{
    take_value(context, (struct span){(const char *)text, len});
    return 1;
}

static void open_container(struct import_json *json)
{
    json->depth++;
    if (json->depth < KEYS_MAX)
        json->keys[json->depth][0] = '\0';
}

static int on_map_key(void *context, const unsigned char *text, size_t len)
{
    struct import_json *json = context;
    if (json->depth >= KEYS_MAX)
        return 1;
    char *key = json->keys[json->depth];
    key[0] = '\0';
    if (len < KEY_BYTES && !memchr(text, 0, len)) {
        memcpy(key, text, len);
        key[len] = '\0';
    }
    if (json->is_tables && json->depth == DEPTH_TABLE)
        json->section = strcmp(key, "columns") == 0 ? SECTION_COLUMNS
                        : strcmp(key, "rows") == 0  ? SECTION_ROWS
                                                    : SECTION_OTHER;
    return 1;
}

static int on_start_map(void *context)
{
    struct import_json *json = context;
    open_container(json);
    if (json->is_tables) {
        if (json->depth == DEPTH_TABLE)
            json->column_count = 0, json->section = SECTION_OTHER;
    } else if (!json->record_depth) {
        log_draft_clear(&json->draft);
        json->record_depth = json->depth;
    }
    return 1;
}

static int on_start_array(void *context)
{
    struct import_json *json = context;
    const char *key = key_at(json, json->depth);
    /* The object that we are in is no record, but holds them. */
    if (json->record_depth == 1 && json->depth == 1) {
        json->is_tables = strcmp(key, "tables") == 0;
        json->is_list = strcmp(key, "records") == 0 || strcmp(key, "value") == 0;
        if (json->is_tables || json->is_list)
            json->record_depth = 0;
    }
    open_container(json);
    if (is_row_value(json) && json->depth == DEPTH_ROW) {
        log_draft_clear(&json->draft);
        json->index = 0;
    }
    return 1;
}

static void send(struct import_json *json)
{
    if (!json->is_placed)
        json->place++;
    log_draft_send(&json->draft, json->sink, json->place);
}

static int on_end(void *context)
{
    struct import_json *json = context;
    if (is_row_value(json) && json->depth == DEPTH_ROW)
        send(json);
    else if (is_row_value(json) && json->depth == DEPTH_ROW + 1)
        json->index++;
    else if (json->record_depth == json->depth && json->record_depth) {
        json->record_depth = 0;
        send(json);
    }
    json->depth--;
    if (json->depth == 0)
        json->is_tables = json->is_list = false;
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_map_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end,
};

/* ---- the reader ---- */

static yajl_handle new_parser(const yajl_callbacks *events, void *context)
{
    yajl_handle parser = yajl_alloc(events, NULL, context);
    if (!parser)
        abort(); /* as mem_calloc does; yajl's own lists are not checked by it either */
    yajl_config(parser, yajl_allow_multiple_values, 1);
    /* Other bytes are kept as they are; who shows them cleans them. */
    yajl_config(parser, yajl_dont_validate_strings, 1);
    return parser;
}

struct import_json *import_json_new(const struct log_sink *sink)
{
    struct import_json *json = mem_calloc(1, sizeof *json);
    json->sink = sink;
    log_draft_init(&json->draft);
    json->parser = new_parser(&callbacks, json);
    return json;
}

void import_json_restart(struct import_json *json, uint64_t place)
{
    yajl_free(json->parser);
    json->parser = new_parser(&callbacks, json);
    json->failed = json->is_tables = json->is_list = false;
    json->depth = json->record_depth = 0;
    json->column_count = 0;
    json->place = place;
    json->is_placed = true;
    log_draft_clear(&json->draft);
}

static void fail(struct import_json *json, const char *bytes, size_t len)
{
    size_t at = yajl_get_bytes_consumed(json->parser);
    unsigned char *words = yajl_get_error(json->parser, 0, NULL, 0);
    char what[160] = "not JSON";
    if (words) {
        snprintf(what, sizeof what, "not JSON: %.*s", (int)strcspn((char *)words, "\n"),
                 (char *)words);
        yajl_free_error(json->parser, words);
    }
    json->failed = true;
    at = at < len ? at : len;
    at = at > EXAMPLE_BYTES / 2 ? at - EXAMPLE_BYTES / 2 : 0;
    json->sink->problem(json->sink->context, json->is_placed ? json->place : json->place + 1, what,
                        (struct span){len ? bytes + at : "", len - at});
}

bool import_json_feed(struct import_json *json, const char *bytes, size_t len)
{
    if (json->failed)
        return false;
    if (yajl_parse(json->parser, (const unsigned char *)bytes, len) != yajl_status_ok)
        fail(json, bytes, len);
    return !json->failed;
}

void import_json_end(struct import_json *json)
{
    if (json->failed)
        return;
    if (yajl_complete_parse(json->parser) != yajl_status_ok)
        fail(json, "", 0);
}

void import_json_free(struct import_json *json)
{
    if (!json)
        return;
    yajl_free(json->parser);
    log_draft_fini(&json->draft);
    free(json);
}

/* ---- customDimensions ---- */

struct dimensions {
    struct log_draft *draft;
    enum log_field field;
};

static int on_dimension_key(void *context, const unsigned char *text, size_t len)
{
    struct dimensions *dimensions = context;
    dimensions->field = log_field_of((struct span){(const char *)text, len});
    return 1;
}

static int on_dimension(void *context, const unsigned char *text, size_t len)
{
    struct dimensions *dimensions = context;
    enum log_field field = dimensions->field;
    /* Nothing that an app logs may pass for what the log itself says. */
    if (field == FIELD_INVOCATION || field == FIELD_INSTANCE || field == FIELD_CATEGORY)
        log_draft_set(dimensions->draft, field, (struct span){(const char *)text, len}, UINT32_MAX);
    dimensions->field = LOG_FIELDS;
    return 1;
}

void import_json_dimensions(struct log_draft *draft)
{
    static const yajl_callbacks events = {.yajl_map_key = on_dimension_key,
                                          .yajl_string = on_dimension};
    struct dimensions dimensions = {.draft = draft, .field = LOG_FIELDS};
    /* What is parsed must not move while fields are added. */
    char *text = mem_strndup(draft->text.data + draft->fields[FIELD_DIMENSIONS].from,
                             draft->fields[FIELD_DIMENSIONS].len);
    yajl_handle parser = new_parser(&events, &dimensions);
    yajl_parse(parser, (const unsigned char *)text, draft->fields[FIELD_DIMENSIONS].len);
    yajl_free(parser);
    free(text);
}

bool import_json_is_whole(struct span text)
{
    yajl_handle parser = yajl_alloc(NULL, NULL, NULL);
    bool whole = parser &&
                 yajl_parse(parser, (const unsigned char *)text.at, text.len) == yajl_status_ok &&
                 yajl_complete_parse(parser) == yajl_status_ok;
    if (parser)
        yajl_free(parser);
    return whole;
}
