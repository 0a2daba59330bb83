/*
 * Types are told in the order of their bytes, and what they are is said once for neighbours that
 * are alike: "3,204 dict, 10 bytes objects", but "1 dict object, 2 native blocks".
 */
#include "config.h"
#include "report/leak_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/amount.h"
#include "report/markup.h"
#include "report/plain.h"

enum { COUNT_SIZE = 32, NAME_BYTES = 56, NOTE_COLUMNS = 100, CHAIN_COLUMNS = 240 };

const char *leak_sentence(char out[LEAK_SENTENCE], const struct leak *leak)
{
    char bytes[AMOUNT_SIZE], count[COUNT_SIZE] = "";
    const char *of = " more with each invocation";
    amount_text(bytes, leak->bytes_per_invocation);
    if (leak->is_outside) {
        of = " more with each invocation, outside of them";
    } else if (leak->of > 0) {
        of = leak->kept == leak->of ? " of every invocation" : " of an invocation";
        snprintf(count, sizeof count, ", %" PRIu32 " of %" PRIu32, leak->kept, leak->of);
    }
    snprintf(out, LEAK_SENTENCE, "%s %s%s%s%s%s",
             leak->state == LEAK_CERTAIN ? "keeps" : "may keep", bytes,
             leak->is_native ? " of native memory" : "", of, count,
             leak->is_bounded ? ", where old ones are dropped by themselves" : "");
    return out;
}

/* ---- types ---- */

/* "3,204", whatever the locale. */
static const char *count_text(char out[COUNT_SIZE], uint64_t count)
{
    char digits[COUNT_SIZE];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, count);
    char *at = out;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return out;
}

static bool is_native(const struct holders_type *type)
{
    return strcmp(type->name, "native") == 0;
}

/* The next type that has something to count, from `from` on; type_count: there is none. */
static size_t next_type(const struct holders *holders, size_t from)
{
    while (from < holders->type_count && holders->types[from].count == 0)
        from++;
    return from;
}

/* Of a long name its end tells more. */
static void append_name(struct buf *out, const char *name)
{
    size_t len = strlen(name), from = len > NAME_BYTES ? len - NAME_BYTES : 0;
    char clean[NAME_BYTES + 1];
    while (from > 0 && from < len && ((unsigned char)name[from] & 0xC0) == 0x80)
        from++;
    text_clean(clean, sizeof clean, name + from, len - from);
    buf_printf(out, "%s%s", from ? "\xE2\x80\xA6" : "", clean);
}

/* What the neighbours were that end here, `sum` of them. */
static void append_noun(struct buf *out, bool native, uint64_t sum)
{
    buf_printf(out, " %s%s", native ? "native block" : "object", sum == 1 ? "" : "s");
}

static void append_types(struct buf *out, const struct holders *holders)
{
    size_t told = 0, rest = 0, at = next_type(holders, 0);
    uint64_t sum = 0; /* of the neighbours */
    while (at < holders->type_count && told < LEAK_TYPES_TOLD) {
        const struct holders_type *type = &holders->types[at];
        size_t next = next_type(holders, at + 1);
        char count[COUNT_SIZE];
        buf_printf(out, "%s%s", told++ ? ", " : "", count_text(count, type->count));
        if (!is_native(type)) {
            buf_printf(out, " ");
            append_name(out, type->name);
        }
        sum += type->count;
        if (told == LEAK_TYPES_TOLD || next == holders->type_count ||
            is_native(&holders->types[next]) != is_native(type)) {
            append_noun(out, is_native(type), sum);
            sum = 0;
        }
        at = next;
    }
    for (; at < holders->type_count; at = next_type(holders, at + 1))
        rest++;
    if (rest)
        buf_printf(out, " and %zu more type%s", rest, rest == 1 ? "" : "s");
}

const char *leak_types(char out[LEAK_TYPES], const struct holders *holders)
{
    struct buf text;
    buf_init(&text, LEAK_TYPES - 1);
    if (holders)
        append_types(&text, holders);
    snprintf(out, LEAK_TYPES, "%s", text.len ? buf_text(&text) : "");
    buf_fini(&text);
    return out;
}

const char *leak_verdict(char out[LEAK_VERDICT], const struct model *model, const struct leak *leak)
{
    char sentence[LEAK_SENTENCE], types[LEAK_TYPES];
    leak_sentence(sentence, leak);
    leak_types(types, leak_holders(model, leak));
    snprintf(out, LEAK_VERDICT, "%s%s%s", sentence, *types ? ", " : "", types);
    return out;
}

const char *leak_undecided(char out[LEAK_OPEN], const struct model *model)
{
    unsigned missing = leaks_missing(model);
    out[0] = '\0';
    if (!leaks_undecided(model))
        return out;
    if (model->is_program)
        snprintf(out, LEAK_OPEN, "cannot be told: that takes %d invocations, and a program is one",
                 LEAK_ENOUGH);
    else
        snprintf(out, LEAK_OPEN, "cannot be told yet: %u more invocation%s needed", missing,
                 missing == 1 ? " is" : "s are");
    return out;
}

/* ---- holders ---- */

static const char *same(uint32_t code)
{
    (void)code;
    return NULL;
}

const char *leak_hold(char out[LEAK_HOLD], const struct holders_chain *chain)
{
    char bytes[AMOUNT_SIZE], count[COUNT_SIZE];
    struct buf text;
    struct markup plain = {.out = &text};
    buf_init(&text, LEAK_HOLD - 1);
    if (chain->count)
        buf_printf(&text, "%s of them, holding ", count_text(count, chain->count));
    buf_printf(&text, "%s", amount_text(bytes, chain->bytes));
    if (chain->is_bounded)
        buf_printf(&text, "; drops old ones by itself");
    if (chain->note) {
        buf_printf(&text, chain->is_bounded ? " (" : "; ");
        plain_text(&plain, span_of(chain->note), NOTE_COLUMNS, same);
        buf_printf(&text, chain->is_bounded ? ")" : "");
    }
    snprintf(out, LEAK_HOLD, "%s", buf_text(&text));
    buf_fini(&text);
    return out;
}

int leak_write_holders(const struct holders *holders, const char *indent, struct buf *out)
{
    struct markup plain = {.out = out};
    char hold[LEAK_HOLD];
    if (!holders)
        return 0;
    for (size_t i = 0; i < holders->chain_count && i < LEAK_CHAINS_TOLD; i++) {
        const struct holders_chain *chain = &holders->chains[i];
        markup_printf(&plain, "%s%s", indent, holders_chain_is_nobody(chain) ? "" : "held by ");
        plain_text(&plain, span_of(chain->text), CHAIN_COLUMNS, same);
        markup_printf(&plain, ": %s\n", leak_hold(hold, chain));
    }
    if (holders->chain_count > LEAK_CHAINS_TOLD)
        markup_printf(&plain, "%sand by %zu more\n", indent,
                      holders->chain_count - LEAK_CHAINS_TOLD);
    if (holders->problem) {
        markup_printf(&plain, "%s%s", indent,
                      holders->state == HOLDERS_FAILED ? "who holds it is not known: " : "");
        plain_text(&plain, span_of(holders->problem), CHAIN_COLUMNS, same);
        markup_put(&plain, "\n");
    }
    return plain.full ? -ENOBUFS : 0;
}

/* The answer, or why there is none. */
const struct holders *leak_holders(const struct model *model, const struct leak *leak)
{
    const struct holders *known = model_holders(model, leak->file, leak->line);
    for (size_t i = 0; !known && i < model->evidence.count; i++) {
        const struct holders *asked = &model->evidence.lines[i];
        if (asked->state == HOLDERS_FAILED && asked->file == leak->file &&
            asked->line == leak->line)
            known = asked;
    }
    return known;
}

const struct file *leak_file(const struct model *model, const struct leak *leak)
{
    const struct file *file = leak->file < model->file_count ? model->files[leak->file] : NULL;
    return file && leak->line > 0 && leak->line <= file->line_count ? file : NULL;
}
