#include "config.h"
#include "base/text.h"

#include <string.h>
#include <wchar.h>

/* How many bytes a lead byte announces, and the smallest value that such a form may hold. */
static size_t sequence_length(unsigned char lead, uint32_t *bits, uint32_t *least)
{
    if (lead >= 0xC2 && lead <= 0xDF) {
        *bits = lead & 0x1Fu, *least = 0x80;
        return 2;
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        *bits = lead & 0x0Fu, *least = 0x800;
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        *bits = lead & 0x07u, *least = 0x10000;
        return 4;
    }
    return 0;
}

size_t text_decode(const char *text, size_t len, uint32_t *code)
{
    const unsigned char *bytes = (const unsigned char *)text;
    uint32_t value = 0, least = 0;
    if (bytes[0] < 0x80) {
        *code = bytes[0];
        return 1;
    }
    *code = TEXT_REPLACEMENT;
    size_t need = sequence_length(bytes[0], &value, &least);
    if (need == 0 || need > len)
        return 1;
    for (size_t i = 1; i < need; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 1;
        value = value << 6 | (bytes[i] & 0x3Fu);
    }
    if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 1;
    *code = value;
    return need;
}

size_t text_encode(uint32_t code, char out[TEXT_UTF8_MAX])
{
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        code = TEXT_REPLACEMENT;
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* Eight bytes of ASCII, which most text is made of. */
static bool is_ascii(const char *text)
{
    uint64_t bytes;
    memcpy(&bytes, text, sizeof bytes);
    return (bytes & UINT64_C(0x8080808080808080)) == 0;
}

bool text_is_utf8(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint32_t code;
        while (len - at >= sizeof(uint64_t) && is_ascii(text + at))
            at += sizeof(uint64_t);
        if (at == len)
            break;
        size_t taken = text_decode(text + at, len - at, &code);
        if (taken == 1 && (unsigned char)text[at] >= 0x80)
            return false;
        at += taken;
    }
    return true;
}

int text_width(uint32_t code)
{
    if (code < 0x7F)
        return 1;
    int width = wcwidth((wchar_t)code);
    return width < 0 ? 1 : width > 2 ? 2 : width;
}

bool text_is_unsafe(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200E && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0x061C || code == 0xFEFF;
}

/* The harmless form of `code`, at most 4 bytes: itself, caret notation, a space or U+FFFD. */
static size_t safe_form(uint32_t code, char out[TEXT_UTF8_MAX])
{
    if (!text_is_unsafe(code))
        return text_encode(code, out);
    if (code == '\n' || code == '\t') {
        out[0] = ' ';
        return 1;
    }
    if (code < 0x20 || code == 0x7F) {
        out[0] = '^';
        out[1] = code == 0x7F ? '?' : (char)(code + 0x40);
        return 2;
    }
    return text_encode(TEXT_REPLACEMENT, out);
}

size_t text_clean(char *out, size_t size, const char *text, size_t len)
{
    size_t written = 0;
    if (size == 0)
        return 0;
    for (size_t at = 0; at < len;) {
        uint32_t code;
        char form[TEXT_UTF8_MAX];
        at += text_decode(text + at, len - at, &code);
        size_t bytes = safe_form(code, form);
        if (written + bytes + 1 > size)
            break;
        memcpy(out + written, form, bytes);
        written += bytes;
    }
    out[written] = '\0';
    return written;
}
