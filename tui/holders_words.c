/*
 * Numbers of objects are written out, with commas: that there are 3,204 and not 3,205 of them is
 * what one knows them by.
 */
#include "config.h"
#include "tui/holders_words.h"

#include <inttypes.h>
#include <string.h>

#include "tui/format.h"

static void append_invocations(const struct holders *holders, struct buf *out)
{
    if (holders->oldest_number == 0)
        return;
    if (holders->oldest_number == holders->newest_number)
        buf_printf(out, ", of invocation %" PRIu64, holders->oldest_number);
    else
        buf_printf(out, ", of invocations %" PRIu64 " to %" PRIu64, holders->oldest_number,
                   holders->newest_number);
}

void holders_words_sum(const struct holders *holders, struct buf *out)
{
    char count[FORMAT_SIZE], bytes[FORMAT_SIZE];
    format_grouped(count, holders->count);
    format_bytes(bytes, holders->shallow_bytes);
    buf_printf(out, "%s object%s, %s", count, holders->count == 1 ? "" : "s", bytes);
    if (holders->retained_bytes >= 0) {
        format_bytes(bytes, holders->retained_bytes);
        buf_printf(out, ", %s retained", bytes);
    }
    append_invocations(holders, out);
}

/* Blocks that are no object are none. */
static const char *noun(const struct holders *holders, size_t count)
{
    const struct holders_type *last = &holders->types[count - 1];
    bool is_native = strcmp(last->name, "native") == 0;
    if (count == 1 && last->count == 1)
        return is_native ? " block" : " object";
    return is_native ? " blocks" : " objects";
}

void holders_words_types(const struct holders *holders, size_t most, struct buf *out)
{
    size_t count = holders->type_count < most ? holders->type_count : most;
    uint64_t told = 0;
    char number[FORMAT_SIZE];
    for (size_t i = 0; i < count; i++) {
        const struct holders_type *type = &holders->types[i];
        format_grouped(number, type->count);
        buf_printf(out, "%s%s %s", i ? ", " : "", number, type->name);
        told += type->count;
    }
    if (count == 0)
        return;
    buf_printf(out, "%s", noun(holders, count));
    if (told >= holders->count)
        return;
    format_grouped(number, holders->count - told);
    buf_printf(out, ", %s more", number);
}

void holders_words_note(const struct holders_chain *chain, uint64_t since, struct buf *out)
{
    if (chain->note)
        buf_printf(out, "%s%s", chain->note, chain->is_bounded ? ": " : "");
    if (chain->is_bounded)
        buf_printf(out, "drops old ones by itself");
    if (holders_chain_is_earlier(chain, since))
        buf_printf(out, "%sonly of invocation%s %" PRIu64,
                   chain->note || chain->is_bounded ? "; " : "",
                   chain->newest_number == 1 ? "" : "s up to", chain->newest_number);
}

uint64_t holders_words_unchained(const struct holders *holders)
{
    uint64_t told = 0;
    for (size_t i = 0; i < holders->chain_count; i++)
        told += holders->chains[i].count;
    return told < holders->count ? holders->count - told : 0;
}

uint64_t holders_words_untyped(const struct holders *holders)
{
    uint64_t told = 0;
    for (size_t i = 0; i < holders->type_count; i++)
        told += holders->types[i].count;
    return told < holders->count ? holders->count - told : 0;
}
