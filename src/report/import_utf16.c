#include "config.h"
#include "report/import_utf16.h"

#include <string.h>

#include "base/text.h"

enum { SURROGATE_FIRST = 0xD800, SURROGATE_LOW = 0xDC00, SURROGATE_END = 0xE000 };

bool import_utf16_begins(struct import_utf16 *utf16, const uint8_t first[UTF16_FIRST_BYTES])
{
    bool little = (first[0] == 0xFF && first[1] == 0xFE) || (first[0] && !first[1]);
    bool big = (first[0] == 0xFE && first[1] == 0xFF) || (!first[0] && first[1]);
    *utf16 = (struct import_utf16){.is_big = big};
    return little || big;
}

static int put(struct buf *out, uint32_t code)
{
    char form[TEXT_UTF8_MAX];
    return buf_append(out, form, text_encode(code, form));
}

/* A unit that is no second one of a pair, though a first one came. */
static int put_lone_high(struct import_utf16 *utf16, struct buf *out)
{
    bool lone = utf16->high;
    utf16->high = 0;
    return lone ? put(out, TEXT_REPLACEMENT) : 0;
}

static int put_unit(struct import_utf16 *utf16, uint16_t unit, struct buf *out)
{
    bool is_low = unit >= SURROGATE_LOW && unit < SURROGATE_END;
    if (is_low && utf16->high) {
        uint32_t high = utf16->high - SURROGATE_FIRST;
        utf16->high = 0;
        return put(out, 0x10000 + (high << 10) + (uint32_t)(unit - SURROGATE_LOW));
    }
    if (put_lone_high(utf16, out))
        return -1;
    if (unit >= SURROGATE_FIRST && unit < SURROGATE_LOW) {
        utf16->high = unit;
        return 0;
    }
    return put(out, is_low ? TEXT_REPLACEMENT : unit);
}

int import_utf16_decode(struct import_utf16 *utf16, const char *bytes, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        if (!utf16->has_half) {
            utf16->half = byte;
            utf16->has_half = true;
            continue;
        }
        utf16->has_half = false;
        uint16_t unit =
            (uint16_t)(utf16->is_big ? utf16->half << 8 | byte : byte << 8 | utf16->half);
        if (put_unit(utf16, unit, out))
            return -1;
    }
    return 0;
}
