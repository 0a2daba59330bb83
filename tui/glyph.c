/*
 * Terminals and C libraries do not agree about every character. What is drawn here is limited to
 * what they agree on: tabs are spaces, controls are spelled out, joined emoji are taken apart, and
 * the width of the rest is that of wcwidth, which curses counts with too.
 */
#include "config.h"
#include "tui/glyph.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

struct glyphs glyphs_of(const char *text, size_t len)
{
    return (struct glyphs){.text = text, .len = len};
}

/* Terminals disagree about how wide a joined or presentation-selected emoji is. Without the joiner
 * and the selectors each part is drawn by itself, as wide as wcwidth says. */
static bool is_dropped(uint32_t code)
{
    return (code >= 0x200B && code <= 0x200D) || (code >= 0xFE00 && code <= 0xFE0F) ||
           code == 0x2060 || (code >= 0xE0000 && code <= 0xE0FFF);
}

static void set_unsafe(struct glyph *glyph, uint32_t code)
{
    if (code >= 0x20 && code != 0x7F) {
        glyph->codes[0] = TEXT_REPLACEMENT;
        glyph->code_count = glyph->cols = 1;
        return;
    }
    glyph->codes[0] = '^';
    glyph->codes[1] = code ^ 0x40;
    glyph->code_count = glyph->cols = 2;
}

bool glyphs_next(struct glyphs *walk, struct glyph *glyph)
{
    uint32_t code;
    if (walk->at >= walk->len)
        return false;
    *glyph = (struct glyph){.at = walk->at, .col = walk->col};
    glyph->bytes = text_decode(walk->text + walk->at, walk->len - walk->at, &code);
    if (code == '\t') {
        glyph->codes[0] = ' ';
        glyph->code_count = 1;
        glyph->cols = GLYPH_TAB_COLS - walk->col % GLYPH_TAB_COLS;
    } else if (is_dropped(code)) {
        glyph->code_count = 0;
    } else if (text_is_unsafe(code)) {
        set_unsafe(glyph, code);
    } else {
        glyph->codes[0] = code;
        glyph->code_count = 1;
        glyph->cols = text_width(code);
    }
    walk->at += glyph->bytes;
    walk->col += glyph->cols;
    return true;
}

int glyphs_cols(const char *text, size_t len)
{
    struct glyphs walk = glyphs_of(text, len);
    struct glyph glyph;
    while (glyphs_next(&walk, &glyph))
        ;
    return walk.col;
}

size_t glyphs_wrap(const char *text, size_t len, int cols)
{
    struct glyphs walk = glyphs_of(text, len);
    struct glyph glyph;
    size_t after_space = 0;
    while (glyphs_next(&walk, &glyph)) {
        if (walk.col > cols && glyph.at > 0)
            return after_space ? after_space : glyph.at;
        /* A word that fills a third of the row is cut rather than moved. */
        if (text[glyph.at] == ' ' && glyph.col >= cols * 2 / 3)
            after_space = glyph.at + 1;
    }
    return len;
}

const char *glyphs_tail(const char *text, size_t len, int cols)
{
    struct glyphs walk = glyphs_of(text, len);
    struct glyph glyph;
    int over = glyphs_cols(text, len) - cols;
    while (over > 0 && glyphs_next(&walk, &glyph)) {
        if (walk.col >= over)
            return text + walk.at;
    }
    return text;
}

static bool has_capital(const char *pattern)
{
    for (; *pattern; pattern++) {
        if (isupper((unsigned char)*pattern))
            return true;
    }
    return false;
}

static bool same(char a, char b, bool exact)
{
    return a == b || (!exact && tolower((unsigned char)a) == tolower((unsigned char)b));
}

bool glyphs_find(const char *text, size_t len, const char *pattern, size_t *from)
{
    size_t pattern_len = strlen(pattern);
    bool exact = has_capital(pattern);
    if (pattern_len == 0)
        return false;
    for (size_t at = *from; at + pattern_len <= len; at++) {
        size_t i = 0;
        while (i < pattern_len && same(text[at + i], pattern[i], exact))
            i++;
        if (i == pattern_len) {
            *from = at;
            return true;
        }
    }
    return false;
}
