/*
 * Slashes do not cut a parameter (an expression may hold one), so the text is read from left to
 * right: a literal up to a single brace or a slash, a parameter up to its single closing brace.
 * Within the braces the doubled ones are undone first, and then constraints are told apart, as in
 * ASP.NET.
 */
#include "config.h"
#include "host/template.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static const char mismatched[] =
    "a brace has no counterpart; one that is meant as such is written twice";

struct parser {
    const char *at;
    struct template *template;
    struct error *error;
};

#define FAULT(error, ...) error_set((error), EXIT_STATUS_APP, __VA_ARGS__)

/* ---- a parameter ---- */

static bool is_name_taken(const struct template *template, const char *name)
{
    for (size_t i = 0; i < template->segment_count; i++) {
        const struct template_segment *segment = &template->segments[i];
        for (size_t j = 0; j < segment->part_count; j++)
            if (segment->parts[j].name && strcasecmp(segment->parts[j].name, name) == 0)
                return true;
    }
    return false;
}

/* `begin` is behind a colon; returns the end of the constraint: a colon, the default's equals sign,
 * or `end`. Parentheses are closed where one of these follows; a colon or equals sign within them
 * takes all up to the next closing one with it. */
static const char *constraint_end(const char *begin, const char *end)
{
    const char *at = begin;
    while (at < end && !strchr(":(=", *at))
        at++;
    if (at == end || *at != '(')
        return at;
    for (at++; at < end; at++) {
        if (*at == ')' && (at + 1 == end || strchr(":=", at[1])))
            return at + 1;
        if (*at != ':' && *at != '=')
            continue;
        const char *close = memchr(at + 1, ')', (size_t)(end - at - 1));
        if (!close)
            return at;
        at = close;
    }
    return end;
}

static int add_constraint(struct template_part *part, const char *text, size_t len,
                          struct error *error)
{
    if (!len)
        return 0;
    char *copy = mem_strndup(text, len);
    struct constraint *fresh = constraint_new(copy, error);
    free(copy);
    if (!fresh)
        return -1;
    part->constraints =
        mem_resize(part->constraints, part->constraint_count + 1, sizeof(struct constraint *));
    part->constraints[part->constraint_count++] = fresh;
    return 0;
}

static int parse_rules(struct template_part *part, const char *at, const char *end,
                       struct error *error)
{
    while (at < end && *at == ':') {
        const char *begin = at + 1;
        at = constraint_end(begin, end);
        if (add_constraint(part, begin, (size_t)(at - begin), error))
            return -1;
    }
    if (at < end)
        part->initial = mem_strndup(at + 1, (size_t)(end - at - 1));
    if (part->initial && part->optional)
        return FAULT(error, "{%s} cannot be optional and have a default; leave one of them away",
                     part->name);
    return 0;
}

/* `text` is what stands between the braces. */
static int parse_inside(struct parser *parser, struct template_part *part, const char *text)
{
    const char *begin = text, *end = text + strlen(text);
    part->rest = *begin == '*';
    begin += strspn(begin, "*") >= 2 ? 2 : part->rest;
    if (end > begin && end[-1] == '?') {
        part->optional = true;
        end--;
    }
    /* A first colon or equals sign would be part of the name. */
    const char *name_end = begin < end ? begin + 1 : end;
    while (name_end < end && *name_end != ':' && *name_end != '=')
        name_end++;
    char *name = mem_strndup(begin, (size_t)(name_end - begin));
    bool taken = is_name_taken(parser->template, name);
    part->name = name;
    if (!*name || name[strcspn(name, "/{}?*")])
        return FAULT(parser->error,
                     "'%s' is no name for a parameter: it must not be empty, and holds none of "
                     "/ { } ? *",
                     name);
    if (taken)
        return FAULT(parser->error, "the parameter {%s} is there twice", name);
    if (part->rest && part->optional)
        return FAULT(parser->error, "{*%s} cannot be optional; it may take nothing as it is", name);
    return parse_rules(part, name_end, end, parser->error);
}

/* What stands between the braces that open here, doubled ones undone; NULL with the error. */
static char *read_inside(struct parser *parser)
{
    const char *at = parser->at + 1;
    char *inside = mem_calloc(strlen(at) + 1, 1);
    for (size_t len = 0; *at; at++) {
        if (*at == '}' && at[1] != '}') {
            parser->at = at + 1;
            return inside;
        }
        if (*at == '{' && at[1] != '{') {
            FAULT(parser->error, "a brace within a parameter is written twice, as in "
                                 "{code:regex(^\\d{{3}}$)}");
            free(inside);
            return NULL;
        }
        at += *at == '{' || *at == '}';
        inside[len++] = *at;
    }
    free(inside);
    FAULT(parser->error, "%s", mismatched);
    return NULL;
}

/* ---- a segment ---- */

static int parse_literal(struct parser *parser, struct template_part *part)
{
    const char *at = parser->at;
    size_t len = 0;
    part->literal = mem_calloc(strlen(at) + 1, 1);
    for (; *at && *at != '/'; at++) {
        if (*at == '{' && at[1] != '{' && at[1])
            break;
        if (*at == '{' || *at == '}') {
            if (at[1] != *at)
                return FAULT(parser->error, "%s", mismatched);
            at++;
        }
        part->literal[len++] = *at;
    }
    parser->at = at;
    if (strchr(part->literal, '?'))
        return FAULT(parser->error, "'%s' holds a '?', which can only end a parameter, as in {id?}",
                     part->literal);
    return 0;
}

static int parse_part(struct parser *parser, struct template_part *part)
{
    if (parser->at[0] != '{' || parser->at[1] == '{')
        return parse_literal(parser, part);
    char *inside = read_inside(parser);
    int result = inside ? parse_inside(parser, part, inside) : -1;
    free(inside);
    parser->template->parameter_count++;
    return result;
}

static int check_segment(const struct template_segment *segment, struct error *error)
{
    for (size_t i = 0; i < segment->part_count; i++) {
        const struct template_part *part = &segment->parts[i];
        const char *before = i ? part[-1].literal : NULL;
        if (part->literal || segment->part_count == 1)
            continue;
        if (part->rest)
            return FAULT(error, "{*%s} must be a segment of its own", part->name);
        if (part->optional && i + 1 < segment->part_count)
            return FAULT(error, "the optional {%s?} must end its segment", part->name);
        if (i && !before)
            return FAULT(error, "between {%s} and {%s} there must be a slash or text",
                         part[-1].name, part->name);
        if (part->optional && (!before || strcmp(before, ".") != 0))
            return FAULT(error, "before the optional {%s?} only a '.' can stand in its segment",
                         part->name);
    }
    return 0;
}

static int parse_segment(struct parser *parser)
{
    struct template *template = parser->template;
    template->segments =
        mem_resize(template->segments, template->segment_count + 1, sizeof *template->segments);
    struct template_segment *segment = &template->segments[template->segment_count++];
    *segment = (struct template_segment){0};
    while (*parser->at && *parser->at != '/') {
        segment->parts =
            mem_resize(segment->parts, segment->part_count + 1, sizeof *segment->parts);
        struct template_part *part = &segment->parts[segment->part_count++];
        *part = (struct template_part){0};
        if (parse_part(parser, part))
            return -1;
    }
    if (check_segment(segment, parser->error))
        return -1;
    if (segment->parts[0].rest && parser->at[0] && parser->at[1])
        return FAULT(parser->error, "{*%s} takes the rest of the path, so nothing can follow it",
                     segment->parts[0].name);
    return 0;
}

/* ---- the whole ---- */

int template_parse(struct template *template, const char *text, struct error *error)
{
    struct parser parser = {.at = text, .template = template, .error = error};
    *template = (struct template){0};
    if (text[0] == '~' && text[1] != '/')
        return FAULT(error, "it begins with a '~', which only a slash can follow");
    parser.at += text[0] == '~' ? 2 : text[0] == '/';
    while (*parser.at) {
        if (*parser.at == '/')
            return FAULT(error, "two slashes follow one another");
        if (parse_segment(&parser))
            return -1;
        parser.at += *parser.at == '/';
    }
    return 0;
}

static void part_fini(struct template_part *part)
{
    for (size_t i = 0; i < part->constraint_count; i++)
        constraint_free(part->constraints[i]);
    free(part->constraints);
    free(part->literal);
    free(part->name);
    free(part->initial);
}

void template_fini(struct template *template)
{
    for (size_t i = 0; i < template->segment_count; i++) {
        for (size_t j = 0; j < template->segments[i].part_count; j++)
            part_fini(&template->segments[i].parts[j]);
        free(template->segments[i].parts);
    }
    free(template->segments);
    *template = (struct template){0};
}
