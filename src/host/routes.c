/*
 * A template is cut into segments at its slashes when it is added; a segment is a literal, or one
 * parameter with literal text around it. Matching walks the segments of template and path side by
 * side, without backtracking: only the last segments can be left out (optional, default) or take
 * the rest of the path (catch-all). Segments are decoded one by one, after the cut, so that an
 * encoded slash stays within its segment; it stays encoded, as in ASP.NET.
 */
#include "config.h"
#include "host/routes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"

enum { PATH_MAX_BYTES = 65536 };

struct segment_pattern {
    char *before;  /* owned; literal text; the whole of a segment without a parameter */
    char *after;   /* owned */
    char *name;    /* owned; of the parameter; NULL: a literal */
    char *initial; /* owned; the default, or NULL */
    bool optional;
    bool rest; /* takes the rest of the path */
};

struct route {
    size_t target;
    char *text; /* owned; the template with the prefix */
    char **methods;
    size_t method_count;
    struct segment_pattern *segments;
    size_t segment_count;
};

struct routes {
    char *prefix;
    struct route *list;
    size_t count;
};

/* ---- templates ---- */

static void pattern_fini(struct segment_pattern *pattern)
{
    free(pattern->before);
    free(pattern->after);
    free(pattern->name);
    free(pattern->initial);
}

static void route_fini(struct route *route)
{
    for (size_t i = 0; i < route->segment_count; i++)
        pattern_fini(&route->segments[i]);
    for (size_t i = 0; i < route->method_count; i++)
        free(route->methods[i]);
    free(route->segments);
    free(route->methods);
    free(route->text);
}

/* The text within the braces: [*]name[:constraint][=default][?]. Constraints may hold braces and
 * equals signs of their own within parentheses, so the default is looked for outside of them. */
static int parse_parameter(struct segment_pattern *pattern, const char *text, size_t len)
{
    const char *end = text + len;
    for (; text < end && *text == '*'; text++)
        pattern->rest = true;
    const char *name_end = text;
    while (name_end < end && !strchr(":=?", *name_end))
        name_end++;
    if (name_end == text || strcspn(text, "/{}*") < (size_t)(name_end - text))
        return -1;
    pattern->name = mem_strndup(text, (size_t)(name_end - text));
    if (end > name_end && end[-1] == '?') {
        pattern->optional = true;
        end--;
    }
    int depth = 0;
    for (const char *c = name_end; c < end; c++) {
        depth += (*c == '(') - (*c == ')');
        if (*c == '=' && depth == 0) {
            pattern->initial = mem_strndup(c + 1, (size_t)(end - c - 1));
            break;
        }
    }
    return 0;
}

/* The closing brace for the one at `open`; doubled braces and nested ones are part of a
 * constraint. NULL where there is none. */
static const char *closing_brace(const char *open, const char *end)
{
    int depth = 0;
    for (const char *c = open; c < end; c++) {
        depth += (*c == '{') - (*c == '}');
        if (depth == 0)
            return c;
    }
    return NULL;
}

static int parse_segment(struct segment_pattern *pattern, const char *text, const char *end)
{
    const char *open = memchr(text, '{', (size_t)(end - text));
    *pattern = (struct segment_pattern){0};
    if (!open) {
        pattern->before = mem_strndup(text, (size_t)(end - text));
        pattern->after = mem_strdup("");
        return memchr(text, '}', (size_t)(end - text)) ? -1 : 0;
    }
    const char *close = closing_brace(open, end);
    pattern->before = mem_strndup(text, (size_t)(open - text));
    pattern->after = mem_strndup(close ? close + 1 : end, close ? (size_t)(end - close - 1) : 0);
    if (!close || strpbrk(pattern->after, "{}") || strchr(pattern->before, '}'))
        return -1;
    if (parse_parameter(pattern, open + 1, (size_t)(close - open - 1)))
        return -1;
    return pattern->rest && (*pattern->before || *pattern->after) ? -1 : 0;
}

/* The end of the segment at `text`: a slash outside braces, or the end. */
static const char *segment_end(const char *text)
{
    int depth = 0;
    for (; *text && !(*text == '/' && depth <= 0); text++)
        depth += (*text == '{') - (*text == '}');
    return text;
}

static int parse_template(struct route *route)
{
    const char *at = route->text;
    size_t parameters = 0;
    while (*at) {
        const char *end = segment_end(at);
        if (end > at) {
            route->segments =
                mem_resize(route->segments, route->segment_count + 1, sizeof *route->segments);
            struct segment_pattern *fresh = &route->segments[route->segment_count++];
            if (parse_segment(fresh, at, end))
                return -1;
            parameters += fresh->name != NULL;
            if (fresh->rest && end[strspn(end, "/")])
                return -1; /* nothing can follow what takes all */
        }
        at = *end ? end + 1 : end;
    }
    return parameters > ROUTE_PARAMETERS_MAX ? -1 : 0;
}

/* ---- adding ---- */

struct routes *routes_new(const char *prefix)
{
    struct routes *routes = mem_calloc(1, sizeof *routes);
    routes->prefix = mem_strdup(prefix);
    return routes;
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
        if (strcmp(route->methods[i], method) == 0)
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

static bool is_reserved(const char *route)
{
    static const char *const reserved[] = {"admin", "runtime"};
    route += strspn(route, "/");
    size_t len = strcspn(route, "/");
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
        if (len == strlen(reserved[i]) && strncasecmp(route, reserved[i], len) == 0)
            return true;
    return false;
}

static int check_route(const struct routes *routes, const struct route *route, const char *shown,
                       long *taken_by, struct error *error)
{
    if (is_reserved(shown))
        return error_set(error, EXIT_STATUS_APP,
                         "the route '%s' is reserved: routes must not begin with admin or runtime",
                         shown);
    for (size_t i = 0; i < routes->count; i++) {
        const struct route *other = &routes->list[i];
        if (strcasecmp(other->text, route->text) != 0 || !have_common_method(route, other))
            continue;
        if (taken_by)
            *taken_by = (long)other->target;
        return error_set(error, EXIT_STATUS_APP, "the route '%s' is taken by another function",
                         shown);
    }
    return 0;
}

int routes_add(struct routes *routes, size_t target, const char *route, char *const *methods,
               size_t method_count, long *taken_by, struct error *error)
{
    const char *bare = route + strspn(route, "/");
    struct route fresh = {
        .target = target,
        .text = mem_printf("%s/%s", routes->prefix, bare),
        .methods = mem_calloc(method_count, sizeof *fresh.methods),
        .method_count = method_count,
    };
    for (size_t i = 0; i < method_count; i++)
        fresh.methods[i] = mem_strdup(methods[i]);
    int result = 0;
    if (parse_template(&fresh))
        result = error_set(error, EXIT_STATUS_APP,
                           "the route '%s' is not a template that pymemtop can serve; write it as "
                           "'products/{id}/{*rest}'",
                           route);
    if (!result)
        result = check_route(routes, &fresh, bare, taken_by, error);
    if (result) {
        route_fini(&fresh);
        return result;
    }
    routes->list = mem_resize(routes->list, routes->count + 1, sizeof *routes->list);
    routes->list[routes->count++] = fresh;
    return 0;
}

/* ---- matching ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `len` bytes of a path without percent encoding; an encoded slash or NUL stays as it is. */
static char *decode(const char *text, size_t len)
{
    char *out = mem_calloc(len + 1, 1);
    size_t written = 0;
    for (size_t i = 0; i < len; i++) {
        int high = text[i] == '%' && i + 2 < len ? hex_digit(text[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        int byte = low >= 0 ? high * 16 + low : -1;
        if (byte > 0 && byte != '/') {
            out[written++] = (char)byte;
            i += 2;
        } else {
            out[written++] = text[i];
        }
    }
    return out;
}

static void add_parameter(struct route_match *match, const char *name, char *value)
{
    match->parameters[match->parameter_count++] =
        (struct route_parameter){.name = name, .value = value};
}

/* Match one decoded segment; takes a parameter's value where there is one. */
static bool match_segment(const struct segment_pattern *pattern, const char *text,
                          struct route_match *match)
{
    size_t len = strlen(text), before = strlen(pattern->before), after = strlen(pattern->after);
    if (!pattern->name)
        return strcasecmp(text, pattern->before) == 0;
    if (len <= before + after || strncasecmp(text, pattern->before, before) != 0 ||
        strcasecmp(text + len - after, pattern->after) != 0)
        return false;
    add_parameter(match, pattern->name, mem_strndup(text + before, len - before - after));
    return true;
}

/* The path is at its end; may the template be? Defaults are filled in. */
static bool match_missing(const struct segment_pattern *pattern, struct route_match *match)
{
    if (!pattern->name || *pattern->before || *pattern->after ||
        !(pattern->initial || pattern->optional || pattern->rest))
        return false;
    if (pattern->initial)
        add_parameter(match, pattern->name, mem_strdup(pattern->initial));
    return true;
}

static bool match_route(const struct route *route, const char *path, struct route_match *match)
{
    for (size_t i = 0; i < route->segment_count; i++) {
        const struct segment_pattern *pattern = &route->segments[i];
        path += strspn(path, "/");
        if (!*path) {
            if (!match_missing(pattern, match))
                return false;
            continue;
        }
        size_t len = pattern->rest ? strlen(path) : strcspn(path, "/");
        char *text = decode(path, len);
        bool fits = match_segment(pattern, text, match);
        free(text);
        if (!fits)
            return false;
        path += len;
    }
    return path[strspn(path, "/")] == '\0';
}

bool routes_match(const struct routes *routes, const char *method, const char *path,
                  struct route_match *match)
{
    for (size_t i = 0; i < routes->count; i++) {
        const struct route *route = &routes->list[i];
        *match = (struct route_match){.target = route->target, .method = method};
        if (!has_method(route, method)) {
            if (strcmp(method, "HEAD") != 0 || !has_method(route, "GET"))
                continue;
            match->method = "GET";
        }
        if (match_route(route, path, match))
            return true;
        route_match_fini(match);
    }
    return false;
}

void route_match_fini(struct route_match *match)
{
    for (size_t i = 0; i < match->parameter_count; i++)
        free(match->parameters[i].value);
    match->parameter_count = 0;
}

/* ---- a path for a request of our own ---- */

static int append_default(struct buf *out, const struct segment_pattern *pattern)
{
    if (!pattern->name)
        return buf_printf(out, "/%s", pattern->before);
    if (pattern->initial)
        return buf_printf(out, "/%s%s%s", pattern->before, pattern->initial, pattern->after);
    return pattern->optional || pattern->rest ? 0 : -1;
}

char *routes_default_path(const char *prefix, const char *route)
{
    struct route parsed = {.text = mem_printf("%s/%s", prefix, route + strspn(route, "/"))};
    struct buf out;
    int result = parse_template(&parsed);
    buf_init(&out, PATH_MAX_BYTES);
    for (size_t i = 0; !result && i < parsed.segment_count; i++)
        result = append_default(&out, &parsed.segments[i]);
    if (!result && !out.len)
        result = buf_append(&out, "/", 1);
    char *path = result ? NULL : buf_take(&out);
    buf_fini(&out);
    route_fini(&parsed);
    return path;
}
