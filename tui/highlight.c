/*
 * A small lexer. It knows strings with their prefixes (single and triple quoted, raw, over several
 * lines), comments, numbers, names, decorators and the soft keywords where they begin a statement.
 * An f-string is one string: colouring the expressions in it would need a parser, and more state
 * than a byte a line. Brackets are not counted, so a soft keyword at the start of a continuation
 * line can be taken for one; that costs a colour, nothing else.
 */
#include "config.h"
#include "tui/highlight.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/mem.h"

enum {
    STATE_OPEN = 1,   /* within a string */
    STATE_DOUBLE = 2, /* its quote is `"`, else `'` */
    STATE_TRIPLE = 4,
};

struct lexer {
    const char *text;
    size_t len;
    size_t at;
    uint8_t *styles;      /* may be NULL */
    enum style next_name; /* after `def` and `class` */
    bool statement_start; /* only white space so far */
};

static void paint(struct lexer *lexer, size_t from, size_t to, enum style style)
{
    if (lexer->styles)
        memset(lexer->styles + from, (int)style, to - from);
}

static bool at_closing(const struct lexer *lexer, highlight_state state)
{
    char quote = state & STATE_DOUBLE ? '"' : '\'';
    const char *here = lexer->text + lexer->at;
    if (*here != quote)
        return false;
    return !(state & STATE_TRIPLE) ||
           (lexer->at + 2 < lexer->len && here[1] == quote && here[2] == quote);
}

/* Go to the end of the string, or of the line; returns what the next line begins in. */
static highlight_state lex_string(struct lexer *lexer, highlight_state state, size_t from)
{
    bool continued = false;
    highlight_state left = state;
    while (lexer->at < lexer->len && left) {
        if (lexer->text[lexer->at] == '\\') {
            continued = lexer->at + 1 >= lexer->len;
            lexer->at += lexer->at + 1 < lexer->len ? 2 : 1;
        } else if (at_closing(lexer, state)) {
            lexer->at += state & STATE_TRIPLE ? 3 : 1;
            left = 0;
        } else {
            lexer->at++;
        }
    }
    paint(lexer, from, lexer->at, STYLE_STRING);
    /* A line end closes a single-quoted string unless a backslash stands before it. */
    return left & STATE_TRIPLE || continued ? left : 0;
}

static highlight_state open_string(struct lexer *lexer, size_t from)
{
    char quote = lexer->text[lexer->at];
    highlight_state state = STATE_OPEN | (quote == '"' ? STATE_DOUBLE : 0);
    if (lexer->at + 2 < lexer->len && lexer->text[lexer->at + 1] == quote &&
        lexer->text[lexer->at + 2] == quote) {
        state |= STATE_TRIPLE;
        lexer->at += 2;
    }
    lexer->at++;
    return lex_string(lexer, state, from);
}

static bool is_name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_word(const char *word, size_t len, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(list[i]) == len && memcmp(list[i], word, len) == 0)
            return true;
    }
    return false;
}

static bool is_keyword(const char *word, size_t len)
{
    static const char *const words[] = {
        "and",    "as",   "assert", "async",  "await",  "break",   "class",    "continue",
        "def",    "del",  "elif",   "else",   "except", "finally", "for",      "from",
        "global", "if",   "import", "in",     "is",     "lambda",  "nonlocal", "not",
        "or",     "pass", "raise",  "return", "try",    "while",   "with",     "yield",
    };
    return is_word(word, len, words, ARRAY_LEN(words));
}

static bool is_literal(const char *word, size_t len)
{
    static const char *const words[] = {"None", "True", "False"};
    return is_word(word, len, words, ARRAY_LEN(words));
}

static bool is_string_prefix(const char *word, size_t len)
{
    static const char *const words[] = {"r", "u", "b", "f", "br", "rb", "fr", "rf"};
    char lower[2];
    if (len > sizeof lower)
        return false;
    for (size_t i = 0; i < len; i++)
        lower[i] = (char)tolower((unsigned char)word[i]);
    return is_word(lower, len, words, ARRAY_LEN(words));
}

/* `match x:` and `case y:` are statements; `match = 3` and `match(x)` on its own are not. */
static bool is_soft_keyword(const struct lexer *lexer, size_t from, size_t len)
{
    static const char *const words[] = {"match", "case"};
    size_t end = lexer->len;
    if (!is_word(lexer->text + from, len, words, ARRAY_LEN(words)))
        return false;
    while (end > from && isspace((unsigned char)lexer->text[end - 1]))
        end--;
    return from + len < lexer->len && lexer->text[from + len] == ' ' && end > from &&
           lexer->text[end - 1] == ':';
}

static highlight_state lex_name(struct lexer *lexer)
{
    size_t from = lexer->at;
    bool first = lexer->statement_start;
    enum style style = lexer->next_name;
    while (lexer->at < lexer->len && is_name_byte(lexer->text[lexer->at]))
        lexer->at++;
    const char *word = lexer->text + from;
    size_t len = lexer->at - from;
    lexer->next_name = STYLE_TEXT;
    lexer->statement_start = false;
    if (lexer->at < lexer->len &&
        (lexer->text[lexer->at] == '"' || lexer->text[lexer->at] == '\'') &&
        is_string_prefix(word, len))
        return open_string(lexer, from);
    if (is_keyword(word, len) || (first && is_soft_keyword(lexer, from, len))) {
        style = STYLE_KEYWORD;
        if (is_word(word, len, (const char *const[]){"def", "class"}, 2))
            lexer->next_name = STYLE_DEFINITION;
    } else if (is_literal(word, len)) {
        style = STYLE_LITERAL;
    }
    paint(lexer, from, lexer->at, style);
    return 0;
}

static void lex_number(struct lexer *lexer)
{
    size_t from = lexer->at;
    while (lexer->at < lexer->len) {
        char c = lexer->text[lexer->at];
        bool exponent = (c == '+' || c == '-') && lexer->at > from &&
                        tolower((unsigned char)lexer->text[lexer->at - 1]) == 'e' &&
                        tolower((unsigned char)lexer->text[from + (lexer->at > from + 1)]) != 'x';
        if (!isalnum((unsigned char)c) && c != '_' && c != '.' && !exponent)
            break;
        lexer->at++;
    }
    paint(lexer, from, lexer->at, STYLE_LITERAL);
}

static void lex_decorator(struct lexer *lexer)
{
    size_t from = lexer->at++;
    while (lexer->at < lexer->len &&
           (is_name_byte(lexer->text[lexer->at]) || lexer->text[lexer->at] == '.'))
        lexer->at++;
    paint(lexer, from, lexer->at, STYLE_DECORATOR);
}

static highlight_state lex_token(struct lexer *lexer)
{
    char c = lexer->text[lexer->at];
    bool digit_next =
        lexer->at + 1 < lexer->len && isdigit((unsigned char)lexer->text[lexer->at + 1]);
    if (c == '#') {
        paint(lexer, lexer->at, lexer->len, STYLE_COMMENT);
        lexer->at = lexer->len;
        return 0;
    }
    if (isspace((unsigned char)c)) {
        lexer->at++;
        return 0;
    }
    if (c == '@' && lexer->statement_start)
        lex_decorator(lexer);
    else if (c == '"' || c == '\'')
        return open_string(lexer, lexer->at);
    else if (isdigit((unsigned char)c) || (c == '.' && digit_next))
        lex_number(lexer);
    else if (is_name_byte(c))
        return lex_name(lexer);
    else
        lexer->at++;
    lexer->statement_start = false;
    return 0;
}

highlight_state highlight_line(highlight_state state, const char *text, size_t len, uint8_t *styles)
{
    struct lexer lexer = {.text = text, .len = len, .styles = styles, .statement_start = true};
    lexer.next_name = STYLE_TEXT;
    paint(&lexer, 0, len, STYLE_TEXT);
    if (state) {
        lexer.statement_start = false;
        state = lex_string(&lexer, state, 0);
    }
    while (lexer.at < len)
        state = lex_token(&lexer);
    return state;
}

void highlight_fini(struct highlight *cache)
{
    free(cache->states);
    *cache = (struct highlight){0};
}

static void push_state(struct highlight *cache, highlight_state state)
{
    if (cache->known == cache->capacity) {
        cache->capacity = cache->capacity ? cache->capacity * 2 : 256;
        cache->states = mem_resize(cache->states, cache->capacity, sizeof *cache->states);
    }
    cache->states[cache->known++] = state;
}

void highlight_prepare(struct highlight *cache, const struct file *file, uint32_t line)
{
    if (!file->text)
        return;
    if (cache->known == 0)
        push_state(cache, 0);
    while (cache->known < line && cache->known <= file->line_count) {
        const struct file_line *before = &file->lines[cache->known - 1];
        highlight_state state = cache->states[cache->known - 1];
        push_state(cache, highlight_line(state, file->text + before->offset, before->len, NULL));
    }
}

highlight_state highlight_at(const struct highlight *cache, uint32_t line)
{
    return line >= 1 && line <= cache->known ? cache->states[line - 1] : 0;
}
