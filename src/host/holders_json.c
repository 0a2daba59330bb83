/*
 * Reading goes by name, and takes nothing where a member is not there or is none of its kind: an
 * answer with holes is still worth showing.
 */
#include "config.h"
#include "host/holders_json.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { TEXT_MAX_BYTES = 4096 };

int holders_json_ask(struct buf *body, const char *path, uint32_t line)
{
    const uint32_t head[2] = {line, (uint32_t)strlen(path)};
    int status = buf_append(body, head, sizeof head);
    return status ? status : buf_append(body, path, head[1]);
}

char *holders_json_text(const json_t *text)
{
    char clean[TEXT_MAX_BYTES];
    size_t len = json_is_string(text) ? json_string_length(text) : 0;
    len = text_clean(clean, sizeof clean, len ? json_string_value(text) : "", len);
    return len ? mem_strndup(clean, len) : NULL;
}

static uint64_t read_count(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));
    return value > 0 ? (uint64_t)value : 0;
}

/* Bytes that may be unknown: -1. */
static int64_t read_bytes(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) && json_integer_value(value) >= 0 ? json_integer_value(value)
                                                                    : -1;
}

static void read_type(struct holders *holders, const json_t *told)
{
    char *name = holders_json_text(json_object_get(told, "name"));
    if (!name || holders->type_count == HOLDERS_TYPES) {
        free(name);
        return;
    }
    holders->types[holders->type_count++] = (struct holders_type){
        .name = name,
        .count = read_count(told, "count"),
        .shallow_bytes = (int64_t)read_count(told, "shallow_bytes"),
        .retained_bytes = read_bytes(told, "retained_bytes"),
        .example = holders_json_text(json_object_get(told, "example")),
        .chain = holders_json_text(json_object_get(told, "chain")),
    };
}

static void read_chain(struct holders *holders, const json_t *told)
{
    char *text = holders_json_text(json_object_get(told, "text"));
    if (!text || holders->chain_count == HOLDERS_CHAINS) {
        free(text);
        return;
    }
    holders->chains[holders->chain_count++] = (struct holders_chain){
        .text = text,
        .note = holders_json_text(json_object_get(told, "note")),
        .is_bounded = json_is_true(json_object_get(told, "bounded")),
        .count = read_count(told, "count"),
        .bytes = (int64_t)read_count(told, "bytes"),
        .newest_number = read_count(told, "newest"),
    };
}

char *holders_json_missing(const json_t *told)
{
    uint64_t faults = read_count(told, "faults");
    if (json_is_true(json_object_get(told, "short")))
        return mem_strdup("not all was looked at: memory is short");
    if (json_is_true(json_object_get(told, "late")))
        return mem_strdup("not all was looked at: it took too long");
    if (faults)
        return mem_printf("not all was looked at: %" PRIu64 " object%s could not be read", faults,
                          faults == 1 ? "" : "s");
    return NULL;
}

struct holders holders_json_read(const json_t *told, const json_t *line)
{
    struct holders holders = {
        .state = HOLDERS_READY,
        .percent = 100,
        .problem = holders_json_missing(told),
        .count = read_count(line, "count"),
        .shallow_bytes = (int64_t)read_count(line, "shallow_bytes"),
        .retained_bytes = read_bytes(line, "retained_bytes"),
        .oldest_number = read_count(line, "oldest"),
        .newest_number = read_count(line, "newest"),
    };
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(line, "types"), i, item) read_type(&holders, item);
    json_array_foreach(json_object_get(line, "chains"), i, item) read_chain(&holders, item);
    holders_trim(&holders);
    holders_merge(&holders);
    return holders;
}
