/*
 * Decoded is first, then dots are followed: an encoded ".." is one as well. An encoded slash is
 * never decoded, so that every slash in the result separates segments.
 */
#include "config.h"
#include "host/url_path.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* ---- percent encoding ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "%XX" at `text` stands for; -1 where it is none, or one that stays encoded. */
static int encoded_byte(const char *text)
{
    int high = text[0] == '%' ? hex_digit(text[1]) : -1;
    int low = high >= 0 ? hex_digit(text[2]) : -1;
    int byte = low >= 0 ? high * 16 + low : -1;
    return byte == '\0' || byte == '/' ? -1 : byte;
}

/* Decode the character that is percent encoded at `text`: its bytes to `out` and their number, or 0
 * where it is not one. */
static size_t decode_character(const char *text, char out[TEXT_UTF8_MAX])
{
    size_t count = 0;
    uint32_t code;
    for (; count < TEXT_UTF8_MAX; count++) {
        int byte = encoded_byte(text + 3 * count);
        if (byte < 0)
            break;
        out[count] = (char)byte;
    }
    if (!count)
        return 0;
    size_t taken = text_decode(out, count, &code);
    return taken == 1 && code == TEXT_REPLACEMENT ? 0 : taken;
}

static char *percent_decode(const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = mem_calloc(3 * strlen(text) + 1, 1), *end = out;
    while (*text) {
        uint32_t code;
        size_t taken = decode_character(text, end);
        if (taken) {
            end += taken;
            text += 3 * taken;
            continue;
        }
        taken = text_decode(text, strlen(text), &code);
        if (taken == 1 && code == TEXT_REPLACEMENT) {
            unsigned char byte = (unsigned char)*text++;
            *end++ = '%';
            *end++ = hex[byte >> 4];
            *end++ = hex[byte & 15];
        } else {
            memcpy(end, text, taken);
            end += taken;
            text += taken;
        }
    }
    *end = '\0';
    return out;
}

int url_path_encode(struct buf *out, const char *text)
{
    int result = 0;
    for (; *text && !result; text++) {
        unsigned char byte = (unsigned char)*text;
        bool plain = byte < 0x80 && (isalnum(byte) || strchr("-._~!$&'()*+,;=:@/", byte));
        result = plain ? buf_append(out, text, 1) : buf_printf(out, "%%%02X", byte);
    }
    return result;
}

/* ---- dots ---- */

/* RFC 3986, 5.2.4, in place; every segment begins with its slash. */
static void follow_dots(char *path)
{
    char *out = path;
    for (const char *at = path; *at;) {
        size_t len = 1 + strcspn(at + 1, "/");
        bool here = len == 2 && at[1] == '.';
        bool up = len == 3 && at[1] == '.' && at[2] == '.';
        if (!here && !up) {
            memmove(out, at, len);
            out += len;
        }
        while (up && out > path && *--out != '/')
            continue;
        at += len;
        if ((here || up) && !*at)
            *out++ = '/';
    }
    *out = '\0';
}

char *url_path_decode(const char *path)
{
    char *decoded = percent_decode(*path == '/' ? path : "");
    follow_dots(decoded);
    return decoded;
}
