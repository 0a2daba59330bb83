#include "config.h"
#include "report/csv.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/text.h"
#include "report/leak_text.h"
#include "report/markup.h"
#include "report/plain.h"
#include "report/told.h"

#define HEADER                                                                                     \
    "path,version,retired,line,function,source,mem_usage_bytes,peak_bytes,increment_bytes,"        \
    "self_increment_bytes,occurrences,net_python_bytes,net_native_bytes,allocated_bytes,"          \
    "freed_bytes,high_bytes,retained_bytes,retained_native_bytes,leak,"                            \
    "leak_bytes_per_invocation,leak_kept,leak_of,leak_types,leak_holders\r\n"

enum { HOLDERS_MAX = 1 << 20 };

/* Tabs are what indents some source. */
static const char *escape(uint32_t code)
{
    return code == '"' ? "\"\"" : code == '\t' ? "\t" : NULL;
}

/* Spreadsheets pass over blanks before they look whether it is a formula, and take the wide forms
 * of = + - @ for these. */
static bool is_formula(struct span text)
{
    while (text.len > 0) {
        uint32_t code;
        size_t taken = text_decode(text.at, text.len, &code);
        switch (code) {
        case '=':
        case '+':
        case '-':
        case '@':
        case 0xFF1D:
        case 0xFF0B:
        case 0xFF0D:
        case 0xFF20: return true;
        default: break;
        }
        if (code > ' ' && code != 0xA0 && code != 0x3000 && !text_is_unsafe(code))
            return false;
        text = span_skip(text, taken);
    }
    return false;
}

static void put_text(struct markup *csv, struct span text)
{
    markup_put(csv, is_formula(text) ? "\"'" : "\"");
    plain_text(csv, text, 0, escape);
    markup_put(csv, "\"");
}

static void put_bytes(struct markup *csv, bool is_known, int64_t bytes)
{
    markup_put(csv, ",");
    if (is_known)
        markup_printf(csv, "%" PRId64, bytes);
}

static void put_count(struct markup *csv, bool is_known, uint64_t count)
{
    markup_put(csv, ",");
    if (is_known)
        markup_printf(csv, "%" PRIu64, count);
}

/* The first chains, in one cell. */
static void put_holders(struct markup *csv, const struct holders *holders)
{
    char hold[LEAK_HOLD];
    struct buf cell;
    buf_init(&cell, HOLDERS_MAX);
    for (size_t i = 0; i < holders->chain_count && i < LEAK_CHAINS_TOLD; i++)
        csv->full |= buf_printf(&cell, "%s%s: %s", i ? " | " : "", holders->chains[i].text,
                                leak_hold(hold, &holders->chains[i])) != 0;
    if (cell.len)
        put_text(csv, (struct span){buf_text(&cell), cell.len});
    buf_fini(&cell);
}

static void put_leak(struct markup *csv, const struct model *model, const struct leak *leak)
{
    const struct holders *holders = leak ? leak_holders(model, leak) : NULL;
    char types[LEAK_TYPES];
    if (model->leaks.is_unknown)
        markup_put(csv, ",unknown");
    else
        markup_put(csv, !leak ? "," : leak->state == LEAK_CERTAIN ? ",certain" : ",suspect");
    put_bytes(csv, leak, leak ? leak->bytes_per_invocation : 0);
    put_count(csv, leak, leak ? leak->kept : 0);
    put_count(csv, leak, leak ? leak->of : 0);
    markup_put(csv, ",");
    if (*leak_types(types, holders))
        put_text(csv, span_of(types));
    markup_put(csv, ",");
    if (holders)
        put_holders(csv, holders);
}

static void put_line(struct markup *csv, const struct model *model, uint32_t index, uint32_t line)
{
    const struct file *file = model->files[index];
    const struct line_stats *stats = &file->lines[line - 1].total;
    bool on = model->heap.is_on, native = on && model->heap.native_is_on;
    put_text(csv, span_of(file->path));
    markup_printf(csv, ",%" PRIu32 ",%s,%" PRIu32 ",", file->version,
                  file->retired ? "true" : "false", line);
    put_text(csv, span_of(told_function(file, line)));
    markup_put(csv, ",");
    put_text(csv, plain_source(file, line));
    put_bytes(csv, true, stats->mem_usage_bytes);
    put_bytes(csv, true, stats->peak_bytes);
    put_bytes(csv, true, stats->increment_bytes);
    put_bytes(csv, true, stats->self_increment_bytes);
    put_count(csv, true, stats->occurrences);
    put_bytes(csv, on, stats->net_python_bytes);
    put_bytes(csv, native, stats->net_native_bytes);
    put_count(csv, on, stats->allocated_bytes);
    put_count(csv, on, stats->freed_bytes);
    put_bytes(csv, on, stats->high_bytes);
    put_bytes(csv, on, line_retained_bytes(stats));
    put_bytes(csv, native, stats->retained_native_bytes);
    put_leak(csv, model, leaks_find(&model->leaks, index, line));
    markup_put(csv, "\r\n");
}

int csv_report_write(const struct model *model, struct buf *out, struct error *error)
{
    struct markup csv = {.out = out};
    markup_put(&csv, HEADER);
    for (uint32_t i = 0; i < model->file_count; i++)
        for (uint32_t line = 1; line <= model->files[i]->line_count; line++)
            if (told_line(model, model->files[i], line))
                put_line(&csv, model, i, line);
    return csv.full ? told_refuse(out, error) : 0;
}
