/*
 * The answer, as JSON: of each line its objects by type, and one chain for each holder. Texts are
 * made from the program's objects, which may be broken: where one cannot be read the text ends.
 */
#include "config.h"
#include <Python.h>

#include "base/text.h"
#include "worker/holders_parts.h"

enum { TEXT = 1024, CHAIN = 4 * TEXT, BOUNDED_MOST_MIB = 256 };

/* ---- texts ---- */

static char words[3][CHAIN];

/* What is being made of what. */
static struct {
    struct holders_text text, note, example;
    const PyTypeObject *type;
    PyObject *object;
    uint32_t node;
    struct holders_group group;
    struct holders_limit limit;
    void (*make)(void);
} job;

static bool make_once(void)
{
    void (*make)(void) = job.make;
    job.make = NULL;
    if (make)
        make();
    return false;
}

static void run(void (*make)(void))
{
    struct holders_text *texts[] = {&job.text, &job.note, &job.example};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = (struct holders_text){words[i], 0, sizeof words[i]};
    job.limit = (struct holders_limit){-1, 0};
    job.make = make;
    holders_each(make_once);
}

/* A text ends where there was no room for more, or where the program's object could not be read:
 * also within a character. */
static void quote(struct holders_text *out, const struct holders_text *text)
{
    holders_put(out, "\"");
    for (size_t i = 0; i < text->len;) {
        uint32_t code;
        size_t len = text_decode(text->at + i, text->len - i, &code);
        if (code < 0x20)
            holders_put(out, "\\u%04x", code);
        else if (code == TEXT_REPLACEMENT)
            holders_put(out, text->len - i < TEXT_UTF8_MAX ? "" : "?");
        else
            holders_put(out, code == '"' || code == '\\' ? "\\%.*s" : "%.*s", (int)len,
                        text->at + i);
        i += len;
    }
    holders_put(out, "\"");
}

static void quote_or_null(struct holders_text *out, const struct holders_text *text)
{
    if (text->len)
        quote(out, text);
    else
        holders_put(out, "null");
}

/* ---- types ---- */

/* By something in Python? */
static bool is_held(uint32_t node)
{
    uint32_t top = HOLDERS_NOBODY;
    for (; node != HOLDERS_NOBODY; node = holders_parents()[node])
        top = node;
    return top != HOLDERS_NOBODY && !(holders_flags()[top] & HOLDERS_LOST);
}

static void make_type(void)
{
    if (job.type)
        holders_put_whole_type(&job.text, job.type);
    else
        holders_put(&job.text, "native");
    if (job.object)
        holders_put_value(&job.example, job.object);
    if (job.example.len && job.example.at[0] == '<')
        job.example.len = 0;
    if (job.object && is_held(job.node))
        holders_put_chain(&job.note, &(struct holders_text){(char[TEXT]){0}, 0, TEXT},
                          &(struct holders_group){job.node, job.node, 0});
}

static void put_size(struct holders_text *out, uint64_t bytes)
{
    if (holders_rows.has_retained)
        holders_put(out, "%llu", (unsigned long long)bytes);
    else
        holders_put(out, "-1");
}

static void tell_type(struct holders_text *out, const struct holders_type_row *row)
{
    job.type = row->type;
    job.object = row->example;
    job.node = row->node;
    run(make_type);
    holders_put(out, "{\"name\": ");
    quote(out, &job.text);
    holders_put(out, ", \"count\": %llu, \"shallow_bytes\": %llu, \"retained_bytes\": ",
                (unsigned long long)row->count, (unsigned long long)row->bytes);
    put_size(out, row->retained);
    holders_put(out, ", \"example\": ");
    quote_or_null(out, &job.example);
    holders_put(out, ", \"chain\": ");
    quote_or_null(out, &job.note);
    holders_put(out, "}");
}

/* ---- chains ---- */

static void make_chain(void)
{
    const struct holders_walk *walk = &holders_walk;
    if (job.node != HOLDERS_NOBODY)
        job.limit = holders_put_chain(&job.text, &job.note, &job.group);
    else if (walk->is_late || walk->is_short)
        holders_put(&job.text, "not found: %s",
                    walk->is_late ? "the walk through the memory took too long"
                                  : "no memory to look for it");
    else
        holders_put(&job.text,
                    "nothing in Python: native code, or a cycle that waits for the collector");
}

/* A limit that would let the store grow to this is none, for who runs out of memory before. */
static bool is_bounded(uint64_t bytes)
{
    const struct holders_limit *limit = &job.limit;
    if (limit->most < 0)
        return false;
    double full = limit->count > 0 ? (double)bytes / (double)limit->count * (double)limit->most : 0;
    if (full <= BOUNDED_MOST_MIB * 1048576.0)
        return true;
    holders_put(&job.note, ", %.0f MiB when it is full", full / 1048576.0);
    return false;
}

static void tell_chain(struct holders_text *out, const struct holders_chain_row *row)
{
    uint64_t bytes = holders_rows.has_retained ? row->retained : row->bytes;
    job.node = row->node;
    job.group = (struct holders_group){
        .node = row->node,
        .newest = row->newest_node,
        .invocations = (unsigned)(__builtin_popcountll(row->columns[0]) +
                                  __builtin_popcountll(row->columns[1])),
    };
    run(make_chain);
    bool bounded = is_bounded(bytes);
    holders_put(out, "{\"text\": ");
    quote(out, &job.text);
    holders_put(out, ", \"note\": ");
    quote_or_null(out, &job.note);
    holders_put(out, ", \"bounded\": %s, \"count\": %llu, \"bytes\": %llu, \"newest\": %llu}",
                bounded ? "true" : "false", (unsigned long long)row->count,
                (unsigned long long)bytes, (unsigned long long)row->newest);
}

/* ---- all ---- */

static void tell_line(struct holders_text *out, size_t question)
{
    const struct holders_rows *rows = &holders_rows;
    holders_sum_up(question);
    holders_put(out,
                "{\"question\": %zu, \"line\": %u, \"count\": %llu, \"shallow_bytes\": %llu, "
                "\"retained_bytes\": ",
                question, holders_walk.questions[question].line, (unsigned long long)rows->count,
                (unsigned long long)rows->shallow);
    put_size(out, rows->retained);
    holders_put(out, ", \"oldest\": %llu, \"newest\": %llu, \"types\": [",
                (unsigned long long)rows->oldest, (unsigned long long)rows->newest);
    for (size_t i = 0; i < rows->told_type_count; i++) {
        holders_put(out, i ? ", " : "");
        tell_type(out, &rows->types[rows->told_types[i]]);
    }
    holders_put(out, "], \"chains\": [");
    for (size_t i = 0; i < rows->told_chain_count; i++) {
        holders_put(out, i ? ", " : "");
        tell_chain(out, &rows->chains[rows->told_chains[i]]);
    }
    holders_put(out, "]}");
}

void holders_tell(struct holders_text *out)
{
    holders_put(out, "{\"lines\": [");
    for (size_t i = 0; i < holders_walk.question_count; i++) {
        holders_put(out, i ? ", " : "");
        tell_line(out, i);
    }
    holders_put(out, "], \"faults\": %u, \"short\": %s, \"late\": %s}", holders_walk.faults,
                holders_walk.is_short ? "true" : "false", holders_walk.is_late ? "true" : "false");
}
