#include "config.h"
#include "host/json_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/path.h"

enum { JSON_FILE_MAX_BYTES = 4 << 20 };

/* Where the string that begins at `at` ends: the index after its closing quote, or `len`. */
static size_t skip_string(const char *text, size_t at, size_t len)
{
    for (at++; at < len && text[at] != '"' && text[at] != '\n'; at++)
        if (text[at] == '\\')
            at++;
    return at < len ? at + 1 : len;
}

/* Overwrite comments with spaces, newlines kept, so that no position moves. */
static void blank_comments(char *text, size_t len)
{
    size_t at = 0;
    while (at + 1 < len) {
        if (text[at] == '"') {
            at = skip_string(text, at, len);
        } else if (text[at] == '/' && text[at + 1] == '/') {
            while (at < len && text[at] != '\n')
                text[at++] = ' ';
        } else if (text[at] == '/' && text[at + 1] == '*') {
            const char *end = memmem(text + at + 2, len - at - 2, "*/", 2);
            size_t stop = end ? (size_t)(end - text) + 2 : len;
            for (; at < stop; at++)
                if (text[at] != '\n')
                    text[at] = ' ';
        } else {
            at++;
        }
    }
}

/* Overwrite the commas between a value and the end of its object or array. Comments are blank
 * already. */
static void blank_trailing_commas(char *text, size_t len)
{
    size_t comma = len; /* the last one, where nothing but space came after it */
    char before = '{';  /* what came before it */
    size_t at = 0;
    while (at < len) {
        char c = text[at];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            at++;
            continue;
        }
        if ((c == ']' || c == '}') && comma < len)
            text[comma] = ' ';
        bool follows_value = before != '{' && before != '[' && before != ',';
        comma = c == ',' && follows_value ? at : len;
        before = c;
        at = c == '"' ? skip_string(text, at, len) : at + 1;
    }
}

static json_t *parse(char *text, size_t len, const char *shown, struct error *error)
{
    json_error_t where;
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3, len -= 3;
    blank_comments(text, len);
    blank_trailing_commas(text, len);
    json_t *json = json_loadb(text, len, 0, &where);
    if (!json) {
        error_set(error, EXIT_STATUS_APP, "%s:%d:%d: not JSON: %s", shown, where.line,
                  where.column > 0 ? where.column : 1, where.text);
        return NULL;
    }
    if (!json_is_object(json)) {
        error_set(error, EXIT_STATUS_APP, "%s:1:1: a JSON object { ... } is expected", shown);
        json_decref(json);
        return NULL;
    }
    return json;
}

json_t *json_file_read(const char *path, const char *shown, struct error *error)
{
    struct buf bytes;
    json_t *json = NULL;
    buf_init(&bytes, JSON_FILE_MAX_BYTES);
    int result = path_read(path, JSON_FILE_MAX_BYTES, &bytes);
    /* An empty buf owns no bytes; parse() writes into them. */
    if (!result)
        result = buf_append(&bytes, "", 0);
    if (result)
        error_set(error, EXIT_STATUS_APP, "cannot read %s: %s", shown, strerror(-result));
    else
        json = parse(bytes.data, bytes.len, shown, error);
    buf_fini(&bytes);
    return json;
}

json_t *json_text(const char *bytes, size_t len)
{
    struct buf clean;
    json_t *json = json_stringn(bytes, len);
    if (json)
        return json;
    buf_init(&clean, len * TEXT_UTF8_MAX);
    for (size_t at = 0; at < len;) {
        uint32_t code;
        char form[TEXT_UTF8_MAX];
        at += text_decode(bytes + at, len - at, &code);
        if (buf_append(&clean, form, text_encode(code, form)))
            break;
    }
    json = json_stringn(buf_text(&clean), clean.len);
    buf_fini(&clean);
    return json;
}

const char *json_text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* The shortest text that reads back as the number. */
static char *real_text(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.15G", value);
    if (strtod(text, NULL) != value)
        snprintf(text, sizeof text, "%.17G", value);
    return mem_strdup(text);
}

char *json_scalar_text(const json_t *value)
{
    if (json_is_string(value))
        return mem_strdup(json_string_value(value));
    if (json_is_boolean(value))
        return mem_strdup(json_is_true(value) ? "True" : "False");
    if (json_is_integer(value))
        return mem_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return json_is_real(value) ? real_text(json_real_value(value)) : NULL;
}
