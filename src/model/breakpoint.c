/* Breakpoints are a handful, so they are an array that is searched from the front. */
#include "config.h"
#include "model/breakpoint.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "base/size.h"
#include "base/span.h"

static const char blanks[] = " \t\f\v\r\n";

static void breakpoint_fini(struct breakpoint *breakpoint)
{
    free(breakpoint->path);
    free(breakpoint->text);
    free(breakpoint->condition);
    breakpoint_condition_fini(&breakpoint->when);
}

void breakpoints_fini(struct breakpoints *set)
{
    for (size_t i = 0; i < set->count; i++)
        breakpoint_fini(&set->items[i]);
    free(set->items);
    *set = (struct breakpoints){0};
}

struct breakpoints breakpoints_copy(const struct breakpoints *set)
{
    struct breakpoints copy = *set;
    copy.items = mem_calloc(set->count, sizeof *copy.items);
    for (size_t i = 0; i < set->count; i++) {
        const struct breakpoint *from = &set->items[i];
        struct breakpoint *item = &copy.items[i];
        *item = *from;
        item->path = mem_strdup(from->path);
        item->text = mem_strdup(from->text);
        item->condition = mem_strdup(from->condition);
        if (from->when.expression)
            item->when.expression = mem_strdup(from->when.expression);
    }
    return copy;
}

/* ---- lines ---- */

/* A line without its indentation and the blanks at its end. */
static struct span bare_line(const struct file *file, uint32_t line)
{
    struct span text;
    text.at = file_line_text(file, line, &text.len);
    while (text.len > 0 && text.at[0] && strchr(blanks, text.at[0]))
        text = span_skip(text, 1);
    return span_trim_end(text);
}

bool breakpoint_fits(const struct file *file, uint32_t line)
{
    struct span text = bare_line(file, line);
    return text.len > 0 && text.at[0] != '#';
}

struct breakpoint *breakpoints_add(struct breakpoints *set, const struct file *file, uint32_t line)
{
    struct span text = bare_line(file, line);
    set->items = mem_resize(set->items, set->count + 1, sizeof *set->items);
    struct breakpoint *breakpoint = &set->items[set->count++];
    *breakpoint = (struct breakpoint){.number = ++set->last_number,
                                      .path = mem_strdup(file->path),
                                      .line = line,
                                      .text = mem_strndup(text.at, text.len),
                                      .condition = mem_strdup("")};
    return breakpoint;
}

struct breakpoint *breakpoints_at(const struct breakpoints *set, const char *path, uint32_t line)
{
    for (size_t i = 0; i < set->count; i++) {
        struct breakpoint *breakpoint = &set->items[i];
        if (breakpoint->line == line && !breakpoint->is_lost && !breakpoint->is_temporary &&
            strcmp(breakpoint->path, path) == 0)
            return breakpoint;
    }
    return NULL;
}

struct breakpoint *breakpoints_find(const struct breakpoints *set, uint32_t number)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].number == number)
            return &set->items[i];
    return NULL;
}

bool breakpoints_remove(struct breakpoints *set, uint32_t number)
{
    struct breakpoint *breakpoint = breakpoints_find(set, number);
    if (!breakpoint)
        return false;
    size_t place = (size_t)(breakpoint - set->items);
    breakpoint_fini(breakpoint);
    set->count--;
    memmove(breakpoint, breakpoint + 1, (set->count - place) * sizeof *breakpoint);
    return true;
}

bool breakpoints_remove_temporary(struct breakpoints *set)
{
    bool removed = false;
    for (size_t i = set->count; i-- > 0;)
        if (set->items[i].is_temporary)
            removed = breakpoints_remove(set, set->items[i].number);
    return removed;
}

static bool has_text(const struct file *file, uint32_t line, const char *text)
{
    return line >= 1 && line <= file->line_count &&
           span_equal(bare_line(file, line), span_of(text));
}

/* The line with that text that is nearest to `line`, of two the one before; 0: there is none. */
static uint32_t nearest_line(const struct file *file, uint32_t line, const char *text)
{
    uint32_t most = line > file->line_count ? line : file->line_count;
    for (uint32_t away = 0; away <= most; away++) {
        if (away < line && has_text(file, line - away, text))
            return line - away;
        if (has_text(file, line + away, text))
            return line + away;
    }
    return 0;
}

/* Of a file without a text nothing is known: all stays. */
void breakpoints_follow(struct breakpoints *set, const struct file *file)
{
    for (size_t i = 0; i < set->count && file->text; i++) {
        struct breakpoint *breakpoint = &set->items[i];
        if (strcmp(breakpoint->path, file->path) != 0)
            continue;
        uint32_t line = nearest_line(file, breakpoint->line, breakpoint->text);
        breakpoint->is_lost = line == 0;
        if (line)
            breakpoint->line = line;
    }
}

/* ---- conditions ---- */

void breakpoint_condition_fini(struct breakpoint_condition *when)
{
    free(when->expression);
    *when = (struct breakpoint_condition){0};
}

static int64_t *size_named(struct breakpoint_condition *when, struct span name)
{
    const struct {
        const char *name;
        int64_t *bytes;
    } sizes[] = {{"rss", &when->rss_above_bytes},
                 {"heap", &when->heap_above_bytes},
                 {"increment", &when->increment_above_bytes},
                 {"live", &when->live_above_bytes}};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        if (span_equal(name, span_of(sizes[i].name)))
            return sizes[i].bytes;
    return NULL;
}

/* "10" after objects>= or objects>; 0 would be no condition. */
static int parse_objects(struct breakpoint_condition *when, const char *value, bool or_equal,
                         struct error *error)
{
    char *end;
    unsigned long objects = strtoul(value, &end, 10);
    if (!*value || *end || value[0] == '-' || value[0] == '+' || objects > 1000000000)
        return error_set(error, EXIT_STATUS_USAGE,
                         "'%s' is no number, as in objects>1000: no condition set", value);
    when->objects_least = (int64_t)objects + (or_equal && objects > 0 ? 0 : 1);
    return 0;
}

/* "10" after hits>= or hits>. */
static int parse_hits(struct breakpoint_condition *when, const char *value, bool or_equal,
                      struct error *error)
{
    char *end;
    unsigned long hits = strtoul(value, &end, 10);
    if (!*value || *end || value[0] == '-' || value[0] == '+' || hits > 1000000000)
        return error_set(error, EXIT_STATUS_USAGE,
                         "'%s' is no number of times, as in hits>=10: no condition set", value);
    when->hits = (uint32_t)hits + (or_equal ? 0 : 1);
    return 0;
}

/* 0 would be no condition: any growth is one of a byte and more. */
static int parse_size(int64_t *bytes, const char *name, const char *value, struct error *error)
{
    if (size_parse(value, bytes))
        return error_set(error, EXIT_STATUS_USAGE,
                         "'%s' is no size, as in %s>200M: no condition set", value, name);
    if (*bytes == 0)
        *bytes = 1;
    return 0;
}

/* One condition, as "rss > 200M". */
static int parse_one(struct breakpoint_condition *when, const char *text, struct error *error)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
    struct span name = {text, strspn(text, letters)};
    const char *sign = text + name.len + strspn(text + name.len, blanks);
    bool or_equal = sign[0] == '>' && sign[1] == '=';
    const char *value = sign + 1 + or_equal;
    bool is_hits = span_equal(name, span_of("hits"));
    int64_t *bytes = size_named(when, name);
    bool is_objects = span_equal(name, span_of("objects"));
    if (!is_hits && !is_objects && !bytes)
        return error_set(error, EXIT_STATUS_USAGE,
                         "'%s' is no condition; there are hits>=10, rss>200M, heap>50M, "
                         "increment>1M, live>1M, objects>1000 and if EXPRESSION",
                         text);
    if (sign[0] != '>')
        return error_set(error, EXIT_STATUS_USAGE, "'%s' has no > after %.*s: no condition set",
                         text, (int)name.len, name.at);
    value += strspn(value, blanks);
    if (is_hits)
        return parse_hits(when, value, or_equal, error);
    if (is_objects)
        return parse_objects(when, value, or_equal, error);
    char *word = mem_strndup(name.at, name.len);
    int result = parse_size(bytes, word, value, error);
    free(word);
    return result;
}

/* "if EXPRESSION", to the end of the text; 1 where it is that. */
static int parse_expression(struct breakpoint_condition *when, const char *text,
                            struct error *error)
{
    if (strncmp(text, "if", 2) != 0 || (text[2] && !strchr(" \t(", text[2])))
        return 0;
    struct span expression = span_trim_end(span_of(text + 2 + strspn(text + 2, blanks)));
    if (expression.len == 0)
        return error_set(error, EXIT_STATUS_USAGE,
                         "an expression is wanted after 'if': no condition set");
    when->expression = mem_strndup(expression.at, expression.len);
    return 1;
}

static int parse_all(struct breakpoint_condition *when, const char *text, struct error *error)
{
    int result = 0;
    for (const char *at = text + strspn(text, blanks); *at && result == 0;) {
        result = parse_expression(when, at, error);
        if (result)
            break;
        struct span part = span_trim_end((struct span){at, strcspn(at, ",")});
        char *one = mem_strndup(part.at, part.len);
        result = parse_one(when, one, error);
        free(one);
        at += strcspn(at, ",");
        at += *at == ',';
        at += strspn(at, blanks);
    }
    return result < 0 ? -1 : 0;
}

int breakpoint_parse(struct breakpoint_condition *when, const char *text, struct error *error)
{
    struct breakpoint_condition parsed = {0};
    if (parse_all(&parsed, text, error)) {
        breakpoint_condition_fini(&parsed);
        return -1;
    }
    *when = parsed;
    return 0;
}

int breakpoint_set_condition(struct breakpoint *breakpoint, const char *text, struct error *error)
{
    struct breakpoint_condition when;
    struct span bare = span_trim_end(span_of(text + strspn(text, blanks)));
    if (breakpoint_parse(&when, text, error))
        return -1;
    breakpoint_condition_fini(&breakpoint->when);
    breakpoint->when = when;
    breakpoint->is_off = false;
    free(breakpoint->condition);
    breakpoint->condition = mem_strndup(bare.at, bare.len);
    return 0;
}
