/*
 * The path is decoded once. A route is then walked along it segment by segment, without
 * backtracking: only the last segments can be left out (optional, default) or take the rest of the
 * path (catch-all). When the whole fits, the constraints are held against the values.
 */
#include "config.h"
#include "host/routes.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wctype.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/template.h"
#include "host/url_path.h"

enum { PATH_MAX_BYTES = 65536 };

struct route {
    size_t target;
    char *text; /* owned; as the user wrote it, without slashes at its ends */
    char **methods;
    size_t method_count;
    struct template template;
};

struct routes {
    char *prefix;
    struct route *list;
    size_t count;
};

/* ---- adding ---- */

struct routes *routes_new(const char *prefix)
{
    struct routes *routes = mem_calloc(1, sizeof *routes);
    routes->prefix = mem_strdup(prefix);
    return routes;
}

static void route_fini(struct route *route)
{
    for (size_t i = 0; i < route->method_count; i++)
        free(route->methods[i]);
    free(route->methods);
    free(route->text);
    template_fini(&route->template);
}

void routes_free(struct routes *routes)
{
    if (!routes)
        return;
    for (size_t i = 0; i < routes->count; i++)
        route_fini(&routes->list[i]);
    free(routes->list);
    free(routes->prefix);
    free(routes);
}

static bool has_method(const struct route *route, const char *method)
{
    for (size_t i = 0; i < route->method_count; i++)
        if (strcasecmp(route->methods[i], method) == 0)
            return true;
    return route->method_count == 0;
}

static bool have_common_method(const struct route *a, const struct route *b)
{
    if (a->method_count == 0)
        return true;
    for (size_t i = 0; i < a->method_count; i++)
        if (has_method(b, a->methods[i]))
            return true;
    return false;
}

static char *trim_slashes(const char *text)
{
    text += strspn(text, "/");
    size_t len = strlen(text);
    while (len && text[len - 1] == '/')
        len--;
    return mem_strndup(text, len);
}

static int check_reserved(const struct route *route, struct error *error)
{
    static const char *const reserved[] = {"admin", "runtime"};
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
        if (strncasecmp(route->text, reserved[i], strlen(reserved[i])) == 0)
            return error_set(error, EXIT_STATUS_APP,
                             "the route '%s' is reserved: Azure takes no route that begins with "
                             "admin or runtime; give it another one in \"route\"",
                             route->text);
    return 0;
}

static int check_taken(const struct routes *routes, const struct route *route, long *taken_by,
                       struct error *error)
{
    for (size_t i = 0; i < routes->count; i++) {
        const struct route *other = &routes->list[i];
        if (strcasecmp(other->text, route->text) != 0 || !have_common_method(route, other))
            continue;
        if (taken_by)
            *taken_by = (long)other->target;
        return error_set(error, EXIT_STATUS_APP, "the route '%s' is taken by another function",
                         route->text);
    }
    return 0;
}

/* The template of `route` under `prefix`. */
static int parse(struct template *template, const char *prefix, const char *route,
                 struct error *error)
{
    struct error reason;
    if (*prefix && *route == '/')
        return error_set(error, EXIT_STATUS_APP,
                         "the route '%s' begins with a slash, which makes two of them behind the "
                         "prefix '%s'; take it away, or set \"routePrefix\" to \"\" in host.json",
                         route, prefix);
    char *text = mem_printf("%s%s%s", prefix, *prefix ? "/" : "", route);
    int result = template_parse(template, text, &reason);
    if (result)
        error_set(error, EXIT_STATUS_APP, "the route '%s' is no template: %s", text, reason.text);
    else if (template->parameter_count > ROUTE_PARAMETERS_MAX)
        result = error_set(error, EXIT_STATUS_APP, "the route '%s' has more than %d parameters",
                           text, ROUTE_PARAMETERS_MAX);
    free(text);
    return result;
}

int routes_add(struct routes *routes, size_t target, const char *route, char *const *methods,
               size_t method_count, long *taken_by, struct error *error)
{
    struct route fresh = {
        .target = target,
        .text = trim_slashes(route),
        .methods = mem_calloc(method_count, sizeof *fresh.methods),
        .method_count = method_count,
    };
    for (size_t i = 0; i < method_count; i++)
        fresh.methods[i] = mem_strdup(methods[i]);
    if (check_reserved(&fresh, error) || check_taken(routes, &fresh, taken_by, error) ||
        parse(&fresh.template, routes->prefix, route, error)) {
        route_fini(&fresh);
        return -1;
    }
    routes->list = mem_resize(routes->list, routes->count + 1, sizeof *routes->list);
    routes->list[routes->count++] = fresh;
    return 0;
}

/* ---- matching a segment ---- */

static void add_parameter(struct route_match *match, const struct template_part *part,
                          const char *value, size_t len)
{
    match->parameters[match->parameter_count++] =
        (struct route_parameter){.name = part->name, .value = mem_strndup(value, len)};
}

static void drop_parameters(struct route_match *match, size_t kept)
{
    while (match->parameter_count > kept)
        free(match->parameters[--match->parameter_count].value);
}

/* The bytes of `text` that are the literal, but for case; 0 where it does not begin so. */
static size_t literal_len(const char *literal, const char *text, size_t len)
{
    size_t at = 0;
    while (*literal) {
        uint32_t wanted, found;
        if (at == len)
            return 0;
        literal += text_decode(literal, strlen(literal), &wanted);
        at += text_decode(text + at, len - at, &found);
        if (wanted != found && towupper((wint_t)wanted) != towupper((wint_t)found))
            return 0;
    }
    return at;
}

/* The last place of the literal in `text`: its beginning and end, or false. */
static bool find_literal(const char *literal, const char *text, size_t len, size_t *begin,
                         size_t *end)
{
    for (*begin = len; (*begin)-- > 0;) {
        size_t found = literal_len(literal, text + *begin, len - *begin);
        *end = *begin + found;
        if (found)
            return true;
    }
    return false;
}

/* From right to left: every parameter takes at least a character, and as few as the literal before
 * it allows. */
static bool match_parts(const struct template_part *parts, size_t count, const char *text,
                        size_t len, struct route_match *match)
{
    size_t begin, end;
    while (count > 0) {
        const struct template_part *part = &parts[--count];
        if (part->literal) {
            if (!find_literal(part->literal, text, len, &begin, &end) || end != len)
                return false;
            len = begin;
            continue;
        }
        if (len == 0)
            return false;
        begin = end = 0;
        if (count > 0 && !find_literal(parts[--count].literal, text, len - 1, &begin, &end))
            return false;
        add_parameter(match, part, text + end, len - end);
        len = begin;
    }
    return len == 0;
}

static bool match_segment(const struct template_segment *segment, const char *text, size_t len,
                          struct route_match *match)
{
    size_t count = segment->part_count, kept = match->parameter_count;
    if (match_parts(segment->parts, count, text, len, match))
        return true;
    drop_parameters(match, kept);
    /* An optional end is left out together with its dot. */
    if (count < 2 || !segment->parts[count - 1].optional || text[len - 1] == '.')
        return false;
    return match_parts(segment->parts, count - 2, text, len, match);
}

/* ---- matching a path ---- */

/* The path is at its end; may the template be? Defaults are filled in. */
static bool match_missing(const struct template_segment *segment, struct route_match *match)
{
    const struct template_part *part = segment->parts;
    if (segment->part_count > 1 || part->literal)
        return false;
    if (part->initial)
        add_parameter(match, part, part->initial, strlen(part->initial));
    return part->initial || part->optional || part->rest;
}

/* `path` is decoded, and begins with a slash or is empty. */
static bool match_path(const struct template *template, const char *path, struct route_match *match)
{
    size_t i = 0;
    for (path += *path == '/'; *path; path += *path == '/') {
        size_t len = strcspn(path, "/");
        if (len == 0 || i == template->segment_count)
            return false;
        const struct template_segment *segment = &template->segments[i++];
        if (segment->parts[0].rest)
            len = strlen(path);
        if (!match_segment(segment, path, len, match))
            return false;
        path += len;
    }
    for (; i < template->segment_count; i++)
        if (!match_missing(&template->segments[i], match))
            return false;
    return true;
}

static bool check_part(const struct template_part *part, const struct route *route,
                       struct route_match *match)
{
    const char *value = NULL;
    for (size_t i = 0; i < match->parameter_count; i++)
        if (match->parameters[i].name == part->name)
            value = match->parameters[i].value;
    if (part->optional && !value)
        return true;
    for (size_t i = 0; i < part->constraint_count; i++) {
        enum constraint_result result = constraint_check(part->constraints[i], value);
        if (result == CONSTRAINT_GIVEN_UP)
            match->given_up = route->text;
        if (result != CONSTRAINT_FITS)
            return false;
    }
    return true;
}

static bool match_route(const struct route *route, const char *path, struct route_match *match)
{
    if (!match_path(&route->template, path, match))
        return false;
    for (size_t i = 0; i < route->template.segment_count; i++) {
        const struct template_segment *segment = &route->template.segments[i];
        for (size_t j = 0; j < segment->part_count; j++)
            if (!check_part(&segment->parts[j], route, match))
                return false;
    }
    return true;
}

bool routes_match(const struct routes *routes, const char *method, const char *path,
                  struct route_match *match)
{
    char *decoded = url_path_decode(path);
    bool found = false;
    *match = (struct route_match){0};
    for (size_t i = 0; i < routes->count && !found; i++) {
        const struct route *route = &routes->list[i];
        match->target = route->target;
        found = has_method(route, method) && match_route(route, decoded, match);
        if (!found)
            route_match_fini(match);
    }
    free(decoded);
    return found;
}

void route_match_fini(struct route_match *match)
{
    drop_parameters(match, 0);
}

/* ---- a path for a request of our own ---- */

static int append_part(struct buf *out, const struct template_part *part)
{
    if (part->literal || part->initial)
        return url_path_encode(out, part->literal ? part->literal : part->initial);
    char *example = constraint_example(part->constraints, part->constraint_count);
    int result = example ? url_path_encode(out, example) : -1;
    free(example);
    return result;
}

static int append_segment(struct buf *out, const struct template_segment *segment)
{
    size_t count = segment->part_count;
    const struct template_part *last = &segment->parts[count - 1];
    if (count == 1 && (last->optional || last->rest) && !last->initial)
        return 0;
    if (count > 1 && last->optional)
        count -= 2;
    int result = buf_append(out, "/", 1);
    for (size_t i = 0; !result && i < count; i++)
        result = append_part(out, &segment->parts[i]);
    return result;
}

static bool comes_to(const struct route *route, const char *path)
{
    struct route_match match = {0};
    char *decoded = url_path_decode(path);
    bool comes = match_route(route, decoded, &match);
    route_match_fini(&match);
    free(decoded);
    return comes;
}

char *routes_default_path(const char *prefix, const char *route)
{
    struct route parsed = {0};
    struct buf out;
    int result = parse(&parsed.template, prefix, route, NULL);
    buf_init(&out, PATH_MAX_BYTES);
    for (size_t i = 0; !result && i < parsed.template.segment_count; i++)
        result = append_segment(&out, &parsed.template.segments[i]);
    if (!result && !out.len)
        result = buf_append(&out, "/", 1);
    if (!result && !comes_to(&parsed, buf_text(&out)))
        result = -1;
    char *path = result ? NULL : buf_take(&out);
    buf_fini(&out);
    route_fini(&parsed);
    return path;
}
