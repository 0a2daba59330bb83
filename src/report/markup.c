#include "config.h"
#include "report/markup.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { PIECE_SIZE = 512 };

static void append(struct markup *markup, const char *bytes, size_t len)
{
    if (!markup->full && buf_append(markup->out, bytes, len))
        markup->full = true;
}

void markup_put(struct markup *markup, const char *text)
{
    append(markup, text, strlen(text));
}

void markup_printf(struct markup *markup, const char *format, ...)
{
    char piece[PIECE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    if (len < 0 || len >= PIECE_SIZE)
        markup->full = true;
    else
        append(markup, piece, (size_t)len);
}

/* One character. U+FFFE and U+FFFF are valid UTF-8, and no characters of XML. */
static void put_character(struct markup *markup, const char *text, size_t len, uint32_t code)
{
    char clean[TEXT_UTF8_MAX + 1];
    switch (code) {
    case '<': markup_put(markup, "&lt;"); return;
    case '>': markup_put(markup, "&gt;"); return;
    case '&': markup_put(markup, "&amp;"); return;
    case '"': markup_put(markup, "&quot;"); return;
    case '\'': markup_put(markup, "&#39;"); return;
    case 0xFFFE:
    case 0xFFFF: markup_put(markup, "\xEF\xBF\xBD"); return;
    default: append(markup, clean, text_clean(clean, sizeof clean, text, len));
    }
}

static size_t columns_of(uint32_t code)
{
    return (size_t)text_width(code) + (code < 0x20 || code == 0x7F);
}

/* The bytes of `text` that fit into `columns`, with one left for the ellipsis where not all do. */
static size_t fitting(const char *text, size_t len, size_t columns)
{
    size_t used = 0, cut = 0;
    for (size_t at = 0; at < len;) {
        uint32_t code;
        size_t taken = text_decode(text + at, len - at, &code);
        used += columns_of(code);
        if (used > columns)
            return cut;
        at += taken;
        if (used < columns)
            cut = at;
    }
    return len;
}

size_t markup_fitting(struct span span, size_t columns)
{
    return columns ? fitting(span.at, span.len, columns) : span.len;
}

void markup_text(struct markup *markup, const char *text, size_t columns)
{
    markup_span(markup, span_of(text), columns);
}

void markup_span(struct markup *markup, struct span span, size_t columns)
{
    const char *text = span.at;
    size_t len = span.len, shown = markup_fitting(span, columns);
    for (size_t at = 0; at < shown;) {
        uint32_t code;
        size_t taken = text_decode(text + at, len - at, &code);
        put_character(markup, text + at, taken, code);
        at += taken;
    }
    if (shown < len)
        markup_put(markup, "\xE2\x80\xA6");
}

const char *markup_number(char out[MARKUP_NUMBER], double value, int digits)
{
    const double most = 1e12;
    int64_t scale = 1;
    digits = digits < 0 ? 0 : digits > 6 ? 6 : digits;
    for (int i = 0; i < digits; i++)
        scale *= 10;
    value = value > most ? most : value < -most ? -most : value;
    int64_t number = llrint(value * (double)scale);
    const char *sign = number < 0 ? "-" : "";
    number = number < 0 ? -number : number;
    if (digits == 0)
        snprintf(out, MARKUP_NUMBER, "%s%lld", sign, (long long)number);
    else
        snprintf(out, MARKUP_NUMBER, "%s%lld.%0*lld", sign, (long long)(number / scale), digits,
                 (long long)(number % scale));
    return out;
}
