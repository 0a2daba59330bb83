/*
 * UTF-16 to UTF-8, as a stream, by iconv(3): PowerShell's > writes what `az` and `func` print as
 * UTF-16.
 */
#ifndef REPORT_IMPORT_UTF16_H
#define REPORT_IMPORT_UTF16_H

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { UTF16_FIRST_BYTES = 2, UTF16_CHARACTER_BYTES = 4 };

/* All zero: not begun, and nothing to be closed. */
struct import_utf16 {
    bool is_open;
    iconv_t converter;
    char rest[UTF16_CHARACTER_BYTES]; /* of a character that came in part */
    size_t rest_count;
};

/* Do these two first bytes begin UTF-16, by its mark, or as ASCII in it? If so, `utf16` is ready
 * for them, and is to be closed. */
bool import_utf16_begins(struct import_utf16 *utf16, const uint8_t first[UTF16_FIRST_BYTES]);
/* Append the next bytes as UTF-8, with U+FFFD for what is no text. Returns 0, or -1 where `out` has
 * no room for them: 3 bytes for 2 are enough, and 3 more. */
int import_utf16_decode(struct import_utf16 *utf16, const char *bytes, size_t len, struct buf *out);
void import_utf16_close(struct import_utf16 *utf16);

#endif
