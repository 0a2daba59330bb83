/*
 * Fuzz entry for routes: any two lines are a template and a path. Nothing crashes; a template is
 * taken or refused with a sentence; values are UTF-8; the path that is guessed for a template comes
 * to it.
 *
 * With clang and -fsanitize=fuzzer -DFUZZ_ENGINE the engine brings its own main. Without it, main
 * feeds lines that a seeded generator makes of pieces of templates and paths, the same ones in
 * every run. Arguments are files to be fed instead.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 12 };

static void require(int holds, const char *what, const char *route)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_routes: %s: %s\n", what, route);
    abort();
}

static void try_path(const struct routes *routes, const char *route, const char *path, int must)
{
    struct route_match match;
    int found = routes_match(routes, "GET", path, &match);
    require(found || !must || match.given_up, "the guessed path does not come to it", route);
    if (!found)
        return;
    for (size_t i = 0; i < match.parameter_count; i++) {
        const char *value = match.parameters[i].value;
        require(text_is_utf8(value, strlen(value)), "a value is not UTF-8", route);
    }
    route_match_fini(&match);
}

static void try_route(const char *prefix, const char *route, const char *path)
{
    struct routes *routes = routes_new(prefix);
    struct error error = {0};
    if (routes_add(routes, 0, route, NULL, 0, NULL, &error)) {
        require(error.text[0] && error.status == EXIT_STATUS_APP, "no reason is given", route);
    } else {
        try_path(routes, route, path, 0);
        char *guessed = routes_default_path(prefix, route);
        if (guessed)
            try_path(routes, route, guessed, 1);
        free(guessed);
    }
    routes_free(routes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_MAX)
        return 0;
    char *text = mem_strndup((const char *)data, size);
    size_t route_len = strcspn(text, "\n");
    const char *path = text[route_len] ? text + route_len + 1 : "";
    text[route_len] = '\0';
    if (text_is_utf8(text, route_len)) { /* as all that comes out of JSON */
        try_route("", text, path);
        try_route("api", text, path);
    }
    free(text);
    return 0;
}

#ifndef FUZZ_ENGINE

enum { SMOKE_RUNS = 20000, PIECES_MAX = 9 };

static const char *const of_routes[] = {
    "/",       "{",       "}",      "a",       "{a}",       "{b:int}",      "{c?}",
    "{*d}",    "{e=1}",   ".",      "{{",      "}}",        ":alpha",       "{f:regex(^(a+)+$)}",
    "-",       ":min(3)", "=",      "?",       "{g:length", "(1,2)}",       "{h:datetime}",
    "(",       ")",       "~",      "{i:guid", "**",        "\xC3\xA9",     "{j:regex(\\d{{2}})}",
    "{k:max(", "-5)}",    "[a-z-[", "]",       "{l:float}", "{m:decimal?}", "{n:bool}",
};
static const char *const of_paths[] = {
    "/",
    "/",
    "/api",
    "a",
    "1",
    "%2F",
    "%",
    "%C3",
    "%A9",
    "\xC3",
    "..",
    ".",
    "-",
    "true",
    "aaaaaaaaaaaa",
    "2000-01-01T10:00",
    "%00",
    "Dec 31",
    "1e5",
    "00000000-0000-0000-0000-000000000000",
};

/* xorshift64: good enough to choose pieces, and the same everywhere. */
static size_t choose(uint64_t *seed, size_t count)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (*seed >> 16) % count;
}

static size_t append(char *line, size_t size, size_t at, const char *piece)
{
    int len = snprintf(line + at, size - at, "%s", piece);
    return at + (size_t)len < size ? at + (size_t)len : size - 1;
}

static void run_smoke(void)
{
    uint64_t seed = 20240229;
    for (int run = 0; run < SMOKE_RUNS; run++) {
        char input[INPUT_MAX];
        size_t len = 0;
        for (size_t count = choose(&seed, PIECES_MAX); count > 0; count--)
            len = append(input, sizeof input, len, of_routes[choose(&seed, ARRAY_LEN(of_routes))]);
        len = append(input, sizeof input, len, "\n/");
        for (size_t count = choose(&seed, PIECES_MAX); count > 0; count--)
            len = append(input, sizeof input, len, of_paths[choose(&seed, ARRAY_LEN(of_paths))]);
        LLVMFuzzerTestOneInput((const uint8_t *)input, len);
    }
}

#include "fuzz_main.h"

#endif
