/*
 * The answer, as JSON: of each line its objects by type, and one chain for each holder. Holders are
 * told apart by the way to them: by which object as long as the way goes by names, and behind an
 * index by the types that are passed, so that a thousand values of one dict are one holder.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_parts.h"

#include <string.h>

#include "wire/segment.h"
#include "worker/publish.h"

enum { TYPES = 32, CHAINS = 16, KINDS = 4096, TEXT = 1024 };

struct type_row {
    const PyTypeObject *type; /* NULL: blocks that are no object's */
    uint64_t count, bytes;
    PyObject *example;
};

struct chain_row {
    uint64_t key;
    uint32_t node; /* the oldest one's top */
    uint64_t number;
    uint64_t count, bytes;
};

static struct type_row types[KINDS];
static struct chain_row chains[KINDS];
static size_t type_count, chain_count;

static void quote(struct holders_text *out, const struct holders_text *text)
{
    holders_put(out, "\"");
    for (size_t i = 0; i < text->len; i++) {
        char c = text->at[i];
        holders_put(out, c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
    holders_put(out, "\"");
}

static struct type_row *type_row(const PyTypeObject *type)
{
    for (size_t i = 0; i < type_count; i++)
        if (types[i].type == type)
            return &types[i];
    if (type_count == KINDS)
        return &types[KINDS - 1];
    types[type_count] = (struct type_row){.type = type};
    return &types[type_count++];
}

/* A node's holder: the topmost object of the line on its way, and what the way is. */
static uint64_t way_to(uint32_t *node)
{
    uint64_t key = 0;
    uint32_t top = *node, length = 0;
    for (uint32_t at = *node; at != HOLDERS_NOBODY; at = holders_parents()[at])
        if (holders_flags()[at] & HOLDERS_TARGET)
            top = at;
    *node = top;
    uint32_t above = holders_parents()[top], depth = 0;
    for (uint32_t at = above; at != HOLDERS_NOBODY; at = holders_parents()[at])
        depth++;
    for (uint32_t at = above; at != HOLDERS_NOBODY; at = holders_parents()[at], length++) {
        uint64_t step = depth - length <= 3 || holders_kind(at) != HOLDERS_OBJECT
                            ? holders_nodes()[at]
                            : (uint64_t)(uintptr_t)Py_TYPE(holders_object(at));
        if (length < 16)
            key = (key ^ step) * UINT64_C(0x9e3779b97f4a7c15) + length;
    }
    return above == HOLDERS_NOBODY ? (uint64_t)top + 1 : key;
}

/* Of an invocation with that number; what is no invocation's any more is 0. */
static struct chain_row *chain_row(uint32_t node, uint64_t number)
{
    uint64_t key = node == HOLDERS_NOBODY ? 1 : way_to(&node);
    for (size_t i = 0; i < chain_count; i++)
        if (chains[i].key == key) {
            if (number < chains[i].number)
                chains[i].node = node;
            if (number < chains[i].number)
                chains[i].number = number;
            return &chains[i];
        }
    if (chain_count == KINDS)
        return &chains[KINDS - 1];
    chains[chain_count] = (struct chain_row){.key = key, .node = node, .number = number};
    return &chains[chain_count++];
}

/* ---- summing up ---- */

struct sums {
    uint64_t count, shallow, retained, oldest, newest;
};

static uint64_t number_of(uint8_t column)
{
    uint64_t number = PUBLISH_LOAD(publish_shared.segment->kept_columns[column].number);
    return column < KEPT_FIRST || number == INVOCATION_OUTSIDE ? 0 : number;
}

static void add_number(struct sums *sums, uint64_t number)
{
    if (!number)
        return;
    if (!sums->oldest || number < sums->oldest)
        sums->oldest = number;
    if (number > sums->newest)
        sums->newest = number;
}

static void add_target(struct sums *sums, const struct holders_target *target)
{
    PyObject *object = target->node != HOLDERS_NOBODY
                           ? holders_object(target->node)
                           : holders_object_in(target->block, target->bytes);
    const PyTypeObject *type = object ? Py_TYPE(object) : NULL;
    uint32_t node = target->node != HOLDERS_NOBODY ? target->node : target->owner;
    bool is_part = !object && node != HOLDERS_NOBODY && holders_target_of(node);
    if (!object && node != HOLDERS_NOBODY && holders_kind(node) == HOLDERS_OBJECT)
        type = Py_TYPE(holders_object(node));
    struct type_row *row = type_row(type);
    struct chain_row *chain = chain_row(node, number_of(target->column));
    row->bytes += target->bytes;
    chain->bytes += target->bytes;
    sums->shallow += target->bytes;
    row->count += !is_part;
    chain->count += !is_part;
    sums->count += !is_part;
    if (object && !row->example)
        row->example = object;
    add_number(sums, number_of(target->column));
}

static void sum_up(struct sums *sums, size_t question)
{
    type_count = chain_count = 0;
    *sums = (struct sums){0};
    for (size_t i = 0; i < holders_walk.target_count; i++) {
        const struct holders_target *target = &holders_targets()[i];
        if (target->question == question && !target->is_free)
            add_target(sums, target);
    }
    for (uint32_t i = 0; holders_walk.question_count == 1 && i < holders_walk.count; i++)
        if (holders_flags()[i] & HOLDERS_FREED)
            sums->retained += holders_deep_bytes(i);
    if (sums->retained < sums->shallow)
        sums->retained = sums->shallow;
}

/* ---- telling ---- */

static void tell_type(struct holders_text *out, const struct type_row *row)
{
    char name[TEXT], value[TEXT];
    struct holders_text text = {name, 0, sizeof name}, example = {value, 0, sizeof value};
    if (row->type)
        holders_put_type(&text, row->type);
    else
        holders_put(&text, "native");
    if (row->example)
        holders_put_value(&example, row->example);
    if (example.len && value[0] == '<')
        example.len = 0;
    holders_put(out, "{\"name\": ");
    quote(out, &text);
    holders_put(out, ", \"count\": %llu, \"shallow_bytes\": %llu, \"example\": ",
                (unsigned long long)row->count, (unsigned long long)row->bytes);
    if (example.len)
        quote(out, &example);
    else
        holders_put(out, "null");
    holders_put(out, "}");
}

static void tell_chain(struct holders_text *out, const struct chain_row *row)
{
    char words[4 * TEXT], bound[TEXT];
    struct holders_text text = {words, 0, sizeof words}, note = {bound, 0, sizeof bound};
    bool bounded = false;
    if (row->node == HOLDERS_NOBODY)
        holders_put(&text,
                    "nothing in Python: native code, or a cycle that waits for the collector");
    else
        bounded = holders_put_chain(&text, &note, row->node);
    holders_put(out, "{\"text\": ");
    quote(out, &text);
    holders_put(out, ", \"note\": ");
    if (note.len)
        quote(out, &note);
    else
        holders_put(out, "null");
    holders_put(out, ", \"bounded\": %s, \"count\": %llu, \"bytes\": %llu}",
                bounded ? "true" : "false", (unsigned long long)row->count,
                (unsigned long long)row->bytes);
}

/* The largest that was not told yet is taken out, until there is none or enough. */
static void tell_types(struct holders_text *out)
{
    for (size_t told = 0; told < TYPES && type_count; told++) {
        size_t best = 0;
        for (size_t i = 1; i < type_count; i++)
            best = types[i].bytes > types[best].bytes ? i : best;
        holders_put(out, told ? ", " : "");
        tell_type(out, &types[best]);
        types[best] = types[--type_count];
    }
}

static void tell_chains(struct holders_text *out)
{
    for (size_t told = 0; told < CHAINS && chain_count; told++) {
        size_t best = 0;
        for (size_t i = 1; i < chain_count; i++)
            best = chains[i].bytes > chains[best].bytes ? i : best;
        holders_put(out, told ? ", " : "");
        tell_chain(out, &chains[best]);
        chains[best] = chains[--chain_count];
    }
}

void holders_tell(struct holders_text *out)
{
    holders_put(out, "{\"percent\": 100, \"lines\": [");
    for (size_t i = 0; i < holders_walk.question_count; i++) {
        const struct holders_question *asked = &holders_walk.questions[i];
        struct sums sums;
        sum_up(&sums, i);
        holders_put(out,
                    "%s{\"question\": %zu, \"line\": %u, \"count\": %llu, \"shallow_bytes\": %llu, "
                    "\"retained_bytes\": %llu, \"oldest\": %llu, \"newest\": %llu, \"types\": [",
                    i ? ", " : "", i, asked->line, (unsigned long long)sums.count,
                    (unsigned long long)sums.shallow, (unsigned long long)sums.retained,
                    (unsigned long long)sums.oldest, (unsigned long long)sums.newest);
        tell_types(out);
        holders_put(out, "], \"chains\": [");
        tell_chains(out);
        holders_put(out, "]}");
    }
    holders_put(out, "], \"faults\": %u, \"short\": %s}", holders_walk.faults,
                holders_walk.is_short ? "true" : "false");
}
