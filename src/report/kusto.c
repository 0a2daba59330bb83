/*
 * Rows are written one by one, so that a million of them need no tree. Strings are quoted by libcsv
 * and by yajl. Sizes are written digit by digit: printf would take the locale's decimal point.
 */
#include "config.h"
#include "report/kusto.h"

#include <csv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <yajl/yajl_gen.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/span.h"
#include "base/text.h"

static const struct {
    const char *name, *type;
} columns[] = {
    {"timestamp", "datetime"},    {"LineNumber", "long"},           {"TotalMem_MiB", "real"},
    {"IncreMem_MiB", "real"},     {"Occurrences", "long"},          {"Contents", "string"},
    {"RequestId", "string"},      {"InvocationId", "string"},       {"FileName", "string"},
    {"operation_Name", "string"}, {"cloud_RoleInstance", "string"},
};

/* ---- values ---- */

static void put(struct kusto *kusto, const char *bytes, size_t len)
{
    if (!kusto->full && len > 0 && buf_append(kusto->out, bytes, len))
        kusto->full = true;
}

static void put_text(struct kusto *kusto, const char *text)
{
    put(kusto, text, strlen(text));
}

static void put_json(void *context, const char *bytes, size_t len)
{
    put(context, bytes, len);
}

/* A string of valid UTF-8, in quotation marks. */
static void put_valid(struct kusto *kusto, struct span text)
{
    if (kusto->json) {
        yajl_gen gen = yajl_gen_alloc(NULL);
        if (!gen)
            abort();
        yajl_gen_config(gen, yajl_gen_print_callback, put_json, kusto);
        yajl_gen_string(gen, (const unsigned char *)text.at, text.len);
        yajl_gen_free(gen);
        return;
    }
    if (!memchr(text.len ? text.at : "", '"', text.len)) {
        put_text(kusto, "\"");
        put(kusto, text.at, text.len);
        put_text(kusto, "\"");
        return;
    }
    size_t size = 2 * text.len + 2;
    char *quoted = mem_calloc(size, 1);
    put(kusto, quoted, csv_write(quoted, size, text.at, text.len));
    free(quoted);
}

static void put_string(struct kusto *kusto, struct span text)
{
    struct buf valid;
    if (text_is_utf8(text.at, text.len)) {
        put_valid(kusto, text);
        return;
    }
    buf_init(&valid, 3 * text.len);
    for (size_t at = 0; at < text.len;) {
        uint32_t code;
        char form[TEXT_UTF8_MAX];
        at += text_decode(text.at + at, text.len - at, &code);
        if (buf_append(&valid, form, text_encode(code, form)))
            break;
    }
    put_valid(kusto, (struct span){buf_text(&valid), valid.len});
    buf_fini(&valid);
}

/* MiB with six digits, which tell bytes apart. */
static void put_mib(struct kusto *kusto, int64_t bytes)
{
    char text[64];
    uint64_t size = bytes < 0 ? 0 - (uint64_t)bytes : (uint64_t)bytes;
    uint64_t whole = size >> 20, part = size & 0xFFFFF;
    uint64_t millionths = (part * 1000000 + (1 << 19)) >> 20;
    whole += millionths / 1000000;
    snprintf(text, sizeof text, "%s%" PRIu64 ".%06" PRIu64, bytes < 0 ? "-" : "", whole,
             millionths % 1000000);
    put_text(kusto, text);
}

static void put_number(struct kusto *kusto, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    put_text(kusto, text);
}

/* ---- rows ---- */

void kusto_begin(struct kusto *kusto, struct buf *out, bool json)
{
    *kusto = (struct kusto){.out = out, .json = json};
    if (json)
        put_text(kusto, "{\"tables\":[{\"name\":\"PrimaryResult\",\"columns\":[");
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        put_text(kusto, i ? "," : "");
        put_text(kusto, json ? "{\"name\":\"" : "");
        put_text(kusto, columns[i].name);
        if (json) {
            put_text(kusto, "\",\"type\":\"");
            put_text(kusto, columns[i].type);
            put_text(kusto, "\"}");
        }
    }
    put_text(kusto, json ? "],\"rows\":[" : "\n");
}

static void add_row(struct kusto *kusto, const struct model *model,
                    const struct invocation *invocation, const struct invocation_line *line)
{
    const struct file *file = model->files[line->file];
    char time[CLOCK_ISO_SIZE], number[24];
    struct span contents;
    contents.at = file_line_text(file, line->line, &contents.len);
    clock_format_iso(invocation->start_realtime_ns, time);
    snprintf(number, sizeof number, "%" PRIu64, invocation->number);
    struct span id = span_of(*invocation->id ? invocation->id : number);
    if (kusto->json)
        put_text(kusto, kusto->any ? ",\n[" : "\n[");
    kusto->any = true;
    put_string(kusto, span_of(invocation->start_realtime_ns ? time : ""));
    put_text(kusto, ",");
    put_number(kusto, line->line);
    put_text(kusto, ",");
    put_mib(kusto, line->stats.peak_bytes);
    put_text(kusto, ",");
    put_mib(kusto, line->stats.increment_bytes);
    put_text(kusto, ",");
    put_number(kusto, line->stats.occurrences);
    const struct span strings[] = {
        contents,
        id,
        id,
        span_of(file->path),
        span_of(invocation->function),
        span_of(model->imported ? invocation->request : ""),
    };
    for (size_t i = 0; i < ARRAY_LEN(strings); i++) {
        put_text(kusto, ",");
        put_string(kusto, strings[i]);
    }
    put_text(kusto, kusto->json ? "]" : "\n");
}

void kusto_add(struct kusto *kusto, const struct model *model, const struct invocation *invocation)
{
    for (size_t i = 0; i < invocation->line_count; i++)
        if (invocation->lines[i].stats.occurrences && invocation->lines[i].file < model->file_count)
            add_row(kusto, model, invocation, &invocation->lines[i]);
}

int kusto_end(struct kusto *kusto, struct error *error)
{
    if (kusto->json)
        put_text(kusto, "\n]}]}\n");
    if (kusto->full)
        return error_set(error, EXIT_STATUS_SYSTEM,
                         "the report is longer than %zu bytes; profile fewer files with --include "
                         "or --exclude, or import fewer logs at a time",
                         kusto->out->max_bytes);
    return 0;
}

int kusto_write(const struct model *model, bool json, struct buf *out, struct error *error)
{
    struct kusto kusto;
    kusto_begin(&kusto, out, json);
    for (size_t i = 0; i < model->invocations.count; i++)
        if (model->invocations.kept[i]->number)
            kusto_add(&kusto, model, model->invocations.kept[i]);
    return kusto_end(&kusto, error);
}
