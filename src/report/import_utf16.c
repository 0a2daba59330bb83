#include "config.h"
#include "report/import_utf16.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

enum { UNIT_BYTES = 2, PART_BYTES = 1024 };

bool import_utf16_begins(struct import_utf16 *utf16, const uint8_t first[UTF16_FIRST_BYTES])
{
    bool little = (first[0] == 0xFF && first[1] == 0xFE) || (first[0] && !first[1]);
    bool big = (first[0] == 0xFE && first[1] == 0xFF) || (!first[0] && first[1]);
    *utf16 = (struct import_utf16){.is_open = false};
    if (!little && !big)
        return false;
    utf16->converter = iconv_open("UTF-8", big ? "UTF-16BE" : "UTF-16LE");
    utf16->is_open = utf16->converter != (iconv_t)-1;
    return utf16->is_open;
}

/* Take a unit that is no text off the input. */
static int replace(struct buf *out, char **in, size_t *left)
{
    char form[TEXT_UTF8_MAX];
    *in += UNIT_BYTES;
    *left -= UNIT_BYTES;
    return buf_append(out, form, text_encode(TEXT_REPLACEMENT, form));
}

/* Convert all whole characters that begin in the input. */
static int convert(struct import_utf16 *utf16, char **in, size_t *left, struct buf *out)
{
    for (;;) {
        char part[PART_BYTES], *end = part;
        size_t room = sizeof part;
        size_t result = iconv(utf16->converter, in, left, &end, &room);
        int failure = result == (size_t)-1 ? errno : 0;
        if (buf_append(out, part, (size_t)(end - part)))
            return -1;
        if (failure == EILSEQ && replace(out, in, left))
            return -1;
        if (failure != EILSEQ && failure != E2BIG)
            return 0;
    }
}

/* What is left of the piece before is as good as in front of this one. */
static int convert_rest(struct import_utf16 *utf16, const char **bytes, size_t *len,
                        struct buf *out)
{
    while (utf16->rest_count > 0 && *len > 0) {
        char *in = utf16->rest;
        utf16->rest[utf16->rest_count++] = *(*bytes)++;
        --*len;
        size_t left = utf16->rest_count;
        if (convert(utf16, &in, &left, out))
            return -1;
        memmove(utf16->rest, in, left);
        utf16->rest_count = left;
    }
    return 0;
}

int import_utf16_decode(struct import_utf16 *utf16, const char *bytes, size_t len, struct buf *out)
{
    if (convert_rest(utf16, &bytes, &len, out))
        return -1;
    char *in = (char *)(uintptr_t)bytes; /* which iconv only reads */
    size_t left = len;
    if (left > 0 && convert(utf16, &in, &left, out))
        return -1;
    if (left > 0) {
        memcpy(utf16->rest, in, left);
        utf16->rest_count = left;
    }
    return 0;
}

void import_utf16_close(struct import_utf16 *utf16)
{
    if (utf16->is_open)
        iconv_close(utf16->converter);
    utf16->is_open = false;
}
