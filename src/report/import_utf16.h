/*
 * UTF-16 to UTF-8, as a stream: PowerShell's > writes what `az` and `func` print as UTF-16.
 */
#ifndef REPORT_IMPORT_UTF16_H
#define REPORT_IMPORT_UTF16_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum { UTF16_FIRST_BYTES = 2 };

/* All zero but for is_big: nothing has come yet. */
struct import_utf16 {
    bool is_big;
    bool has_half; /* the first byte of a unit came */
    uint8_t half;
    uint16_t high; /* the first unit of a pair; 0: none came */
};

/* Do these two first bytes begin UTF-16, by its mark, or as ASCII in it? If so, `utf16` is ready
 * for them. */
bool import_utf16_begins(struct import_utf16 *utf16, const uint8_t first[UTF16_FIRST_BYTES]);
/* Append the next bytes as UTF-8, with U+FFFD for what is no text. Returns 0, or -1 where `out` has
 * no room for them: 3 bytes for 2 are enough, and 3 more. */
int import_utf16_decode(struct import_utf16 *utf16, const char *bytes, size_t len, struct buf *out);

#endif
