/*
 * Two layers. Statements: a logical line ends at a newline that is outside of strings, brackets and
 * comments and has no backslash before it; the ones that begin with a blank are in a block, and are
 * passed over. Tokens of a statement: names, strings, and every other byte for itself, which is all
 * that the questions in the header need.
 *
 * Source that Python would refuse is read as well as it goes; it is not for this file to say what
 * is wrong with it.
 */
#include "config.h"
#include "host/python_source.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/mem.h"

struct span {
    const char *text; /* borrowed from the source */
    size_t len;
};

static bool begins_name(char c)
{
    return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool continues_name(char c)
{
    return begins_name(c) || isdigit((unsigned char)c);
}

static bool span_is(struct span span, const char *text)
{
    return strlen(text) == span.len && memcmp(span.text, text, span.len) == 0;
}

/* ---- tokens ---- */

/* What follows the string that begins with the quote at `at`, or NULL where it does not end. One in
 * single quotes that is open at the end of its line is a fault of its own, and ends there. */
static const char *skip_string(const char *at)
{
    char quote = *at;
    bool triple = at[1] == quote && at[2] == quote;
    for (at += triple ? 3 : 1; *at; at++) {
        if (*at == '\\' && at[1])
            at++;
        else if (*at == quote && !triple)
            return at + 1;
        else if (*at == quote && at[1] == quote && at[2] == quote)
            return at + 3;
        else if (*at == '\n' && !triple)
            return at;
    }
    return NULL;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (isspace((unsigned char)*at) || *at == '\\' || *at == '#')) {
        if (*at == '#')
            while (at < end && *at != '\n')
                at++;
        else
            at++;
    }
    return at;
}

/* Take the next token out of `rest`; an empty one where there is none left. */
static struct span next_token(struct span *rest)
{
    const char *end = rest->text + rest->len;
    const char *begin = skip_blanks(rest->text, end), *at = begin;
    if (at < end && begins_name(*at)) {
        while (at < end && continues_name(*at))
            at++;
    } else if (at < end && (*at == '"' || *at == '\'')) {
        const char *after = skip_string(at);
        at = after ? after : end;
    } else if (at < end) {
        at++;
    }
    *rest = (struct span){at, (size_t)(end - at)};
    return (struct span){begin, (size_t)(at - begin)};
}

static struct span first_token(struct span statement)
{
    return next_token(&statement);
}

/* ---- statements ---- */

/* The end of the logical line that begins at `at`, its newline included. *cut_off: the source ends
 * before it does. */
static const char *skip_logical_line(const char *at, bool *cut_off)
{
    int depth = 0;
    *cut_off = false;
    for (; *at && (*at != '\n' || depth > 0); at++) {
        if (strchr("([{", *at)) {
            depth++;
        } else if (strchr(")]}", *at)) {
            depth--;
        } else if (*at == '#') {
            at += strcspn(at, "\n");
            at--;
        } else if (*at == '\\') {
            at += strncmp(at + 1, "\r\n", 2) == 0 ? 2 : 1;
            *cut_off = !*at || (*at == '\n' && !at[1]);
            if (*cut_off)
                return at + strlen(at);
        } else if (*at == '"' || *at == '\'') {
            const char *after = skip_string(at);
            if (!after) {
                *cut_off = true;
                return at + strlen(at);
            }
            at = after - 1;
        }
    }
    *cut_off = depth > 0;
    return *at ? at + 1 : at;
}

struct reader {
    const char *at;
    size_t line;  /* of `at`, from 1 */
    bool cut_off; /* the latest logical line has no end */
};

static struct reader read_source(const char *source)
{
    bool marked = strncmp(source, "\xEF\xBB\xBF", 3) == 0;
    return (struct reader){.at = source + (marked ? 3 : 0), .line = 1};
}

/* The next statement that begins in the first column, and its line; false at the end. */
static bool next_statement(struct reader *reader, struct span *statement, size_t *line)
{
    while (*reader->at) {
        const char *begin = reader->at;
        *line = reader->line;
        reader->at = skip_logical_line(begin, &reader->cut_off);
        for (const char *c = begin; c < reader->at; c++)
            reader->line += *c == '\n';
        if (!strchr(" \t\f\r\n#", *begin)) {
            *statement = (struct span){begin, (size_t)(reader->at - begin)};
            return true;
        }
    }
    return false;
}

/* ---- what a statement says ---- */

/* After `import`: a, b.c, d as e. The name of an item is its first one, or the one after `as`. */
static bool imports_name(struct span rest, const char *name)
{
    struct span bound = {0}, token;
    bool fresh = true; /* the next name begins an item, or follows `as` */
    while ((token = next_token(&rest)).len) {
        if (span_is(token, "as") || span_is(token, ",")) {
            if (*token.text == ',' && bound.len && span_is(bound, name))
                return true;
            fresh = true;
        } else if (fresh && begins_name(*token.text)) {
            bound = token;
            fresh = false;
        }
    }
    return bound.len && span_is(bound, name);
}

static bool gives_value(struct span statement, const char *name)
{
    struct span rest = statement, first = next_token(&rest), second;
    if (span_is(first, "async"))
        first = next_token(&rest);
    if (span_is(first, "def") || span_is(first, "class"))
        return span_is(next_token(&rest), name);
    if (span_is(first, "import"))
        return imports_name(rest, name);
    if (span_is(first, "from")) {
        while ((second = next_token(&rest)).len)
            if (span_is(second, "import"))
                return imports_name(rest, name);
        return false;
    }
    second = next_token(&rest);
    return span_is(first, name) && (span_is(second, ":") || span_is(second, ",") ||
                                    (span_is(second, "=") && !span_is(next_token(&rest), "=")));
}

/* Whether it is a decorator that names the function: @app.function_name("name"). */
static bool is_naming_decorator(struct span statement, const char *name)
{
    struct span token;
    bool names = false;
    while ((token = next_token(&statement)).len) {
        if (span_is(token, "function_name"))
            names = true;
        else if (names && (*token.text == '"' || *token.text == '\''))
            return token.len == strlen(name) + 2 &&
                   strncasecmp(token.text + 1, name, token.len - 2) == 0;
    }
    return false;
}

static bool is_function_called(struct span statement, const char *name)
{
    struct span token = next_token(&statement);
    if (span_is(token, "async"))
        token = next_token(&statement);
    if (!span_is(token, "def"))
        return false;
    token = next_token(&statement);
    return token.len == strlen(name) && strncasecmp(token.text, name, token.len) == 0;
}

/* NAME = a.b.FunctionApp( with or without an annotation: NAME. Else an empty span. */
static struct span assigned_app(struct span statement)
{
    static const struct span none = {"", 0};
    struct span rest = statement, name = next_token(&rest), last = none, token;
    if (!name.len || !begins_name(*name.text))
        return none;
    token = next_token(&rest);
    if (span_is(token, ":"))
        while (token.len && !span_is(token, "="))
            token = next_token(&rest);
    if (!span_is(token, "="))
        return none;
    while ((token = next_token(&rest)).len && (begins_name(*token.text) || *token.text == '.'))
        last = token;
    return span_is(token, "(") && span_is(last, "FunctionApp") ? name : none;
}

/* ---- the module's functions ---- */

bool python_is_name(const char *name)
{
    static const char *const keywords[] = {
        "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
        "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
        "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
        "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield",
    };
    for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
        if (strcmp(name, keywords[i]) == 0)
            return false;
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

bool python_is_cut_off(const char *source)
{
    struct reader reader = read_source(source);
    struct span statement = {"", 0}, last = statement;
    size_t line;
    while (next_statement(&reader, &statement, &line))
        last = statement;
    return reader.cut_off || span_is(first_token(last), "@");
}

size_t python_line_of_name(const char *source, const char *name)
{
    struct reader reader = read_source(source);
    struct span statement;
    size_t line;
    while (next_statement(&reader, &statement, &line))
        if (gives_value(statement, name))
            return line;
    return 0;
}

size_t python_line_of_function(const char *source, const char *name)
{
    struct reader reader = read_source(source);
    struct span statement;
    size_t line;
    bool decorated = false;
    while (next_statement(&reader, &statement, &line)) {
        if (is_naming_decorator(statement, name) && span_is(first_token(statement), "@"))
            return line;
        if (decorated && is_function_called(statement, name))
            return line;
        decorated = span_is(first_token(statement), "@");
    }
    return 0;
}

char *python_function_app(const char *source)
{
    struct reader reader = read_source(source);
    struct span statement;
    size_t line;
    while (next_statement(&reader, &statement, &line)) {
        struct span name = assigned_app(statement);
        if (name.len)
            return mem_strndup(name.text, name.len);
    }
    return NULL;
}
