/*
 * A suspect has the same members as a leak. What nobody has asked the worker for is null, which
 * is not the same as an empty list: then nothing was found.
 */
#include "config.h"
#include "report/json_leaks.h"

#include <string.h>

#include "report/json_value.h"
#include "report/leak_text.h"

static json_t *text_or_null(const char *text)
{
    return text ? json_text_value(text, strlen(text)) : json_null();
}

static json_t *bytes_or_null(int64_t bytes)
{
    return bytes < 0 ? json_null() : json_integer((json_int_t)bytes);
}

static bool is_answer(const struct holders *holders)
{
    return holders && holders->state == HOLDERS_READY;
}

static json_t *types_value(const struct holders *holders)
{
    if (!is_answer(holders))
        return json_null();
    json_t *list = json_array();
    for (size_t i = 0; list && i < holders->type_count; i++) {
        const struct holders_type *type = &holders->types[i];
        list = json_list_append(list, json_pack("{s:o, s:I, s:I, s:o, s:o}", "type",
                                                text_or_null(type->name), "count",
                                                json_count(type->count), "shallow_bytes",
                                                (json_int_t)type->shallow_bytes, "retained_bytes",
                                                bytes_or_null(type->retained_bytes), "example",
                                                text_or_null(type->example)));
    }
    return list;
}

static json_t *holders_value(const struct holders *holders)
{
    if (!is_answer(holders))
        return json_null();
    json_t *list = json_array();
    for (size_t i = 0; list && i < holders->chain_count; i++) {
        const struct holders_chain *chain = &holders->chains[i];
        list = json_list_append(
            list, json_pack("{s:o, s:o, s:b, s:I, s:I, s:I}", "chain", text_or_null(chain->text),
                            "note", text_or_null(chain->note), "bounded", chain->is_bounded,
                            "count", json_count(chain->count), "bytes", (json_int_t)chain->bytes,
                            "newest_invocation", json_count(chain->newest_number)));
    }
    return list;
}

static json_t *number_value(const struct holders *holders, uint64_t number)
{
    return is_answer(holders) ? json_integer(json_count(number)) : json_null();
}

static json_t *evidence_members(const struct holders *holders)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "types", types_value(holders), "holders",
                     holders_value(holders), "oldest_invocation",
                     number_value(holders, holders ? holders->oldest_number : 0),
                     "newest_invocation",
                     number_value(holders, holders ? holders->newest_number : 0), "problem",
                     text_or_null(holders ? holders->problem : NULL));
}

static json_t *leak_value(const struct model *model, const struct leak *leak)
{
    json_t *value = json_pack(
        "{s:o, s:I, s:I, s:I, s:I, s:b, s:b, s:b, s:I, s:I, s:I}", "path",
        text_or_null(model->files[leak->file]->path), "line", (json_int_t)leak->line,
        "bytes_per_invocation", (json_int_t)leak->bytes_per_invocation, "kept",
        (json_int_t)leak->kept, "of", (json_int_t)leak->of, "native", leak->is_native, "outside",
        leak->is_outside, "bounded", leak->is_bounded, "alive_bytes", (json_int_t)leak->alive_bytes,
        "first", json_count(leak->first_number), "last", json_count(leak->last_number));
    return json_with_members(value, evidence_members(leak_holders(model, leak)));
}

json_t *json_leaks(const struct model *model, enum leak_state state)
{
    if (model->leaks.is_unknown)
        return json_null();
    json_t *list = json_array();
    for (size_t i = 0; list && i < model->leaks.count; i++) {
        const struct leak *leak = &model->leaks.items[i];
        if (leak->state == state && leak->file < model->file_count)
            list = json_list_append(list, leak_value(model, leak));
    }
    return list;
}
