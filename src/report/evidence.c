#include "config.h"
#include "report/evidence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "base/text.h"

enum { NAME_SIZE = 160, SOURCE_SIZE = 72, PLACE_SIZE = NAME_SIZE + 16, COUNT_SIZE = 48 };

/* "100 bytes", "2.1 KiB", "1.0 MiB" */
static const char *amount(char out[SIZE_TEXT], int64_t bytes)
{
    if (bytes >= 1 << 20)
        snprintf(out, SIZE_TEXT, "%.1f MiB", (double)bytes / MIB_BYTES);
    else if (bytes >= 1 << 10)
        snprintf(out, SIZE_TEXT, "%.1f KiB", (double)bytes / 1024);
    else
        snprintf(out, SIZE_TEXT, "%" PRId64 " bytes", bytes);
    return out;
}

/* The file of a leak, whose line is one that it has; NULL where a recording says nonsense. */
static const struct file *file_of(const struct model *model, const struct leak *leak)
{
    const struct file *file = leak->file < model->file_count ? model->files[leak->file] : NULL;
    return file && leak->line > 0 && leak->line <= file->line_count ? file : NULL;
}

const char *evidence_sentence(char out[EVIDENCE_SENTENCE], const struct model *model,
                              const struct leak *leak)
{
    char name[NAME_SIZE] = "?", bytes[SIZE_TEXT];
    const struct file *file = file_of(model, leak);
    const char *native = leak->is_native ? " of native memory" : "";
    if (file)
        text_clean(name, sizeof name, file->display, strlen(file->display));
    amount(bytes, leak->bytes_per_invocation);
    if (leak->is_outside)
        snprintf(out, EVIDENCE_SENTENCE,
                 "line %" PRIu32 " of %s keeps %s%s more with every invocation, outside of them",
                 leak->line, name, bytes, native);
    else if (leak->of == 0)
        snprintf(out, EVIDENCE_SENTENCE,
                 "line %" PRIu32 " of %s keeps %s%s more with every invocation", leak->line, name,
                 bytes, native);
    else
        snprintf(out, EVIDENCE_SENTENCE,
                 "line %" PRIu32 " of %s keeps %s%s of %s invocation, %" PRIu32 " of %" PRIu32,
                 leak->line, name, bytes, native, leak->kept == leak->of ? "every" : "an",
                 leak->kept, leak->of);
    return out;
}

static int refuse(const struct buf *out, struct error *error)
{
    return error_set(error, EXIT_STATUS_SYSTEM,
                     "the report is longer than %zu bytes; profile fewer files with --include or "
                     "--exclude",
                     out->max_bytes);
}

int evidence_write_sentences(const struct model *model, struct buf *out, struct error *error)
{
    char sentence[EVIDENCE_SENTENCE];
    for (size_t i = 0; i < model->leaks.certain; i++)
        if (buf_printf(out, "%s\n", evidence_sentence(sentence, model, &model->leaks.items[i])))
            return refuse(out, error);
    return 0;
}

/* "7 of 7", "grows" */
static void describe_count(char out[COUNT_SIZE], const struct leak *leak)
{
    if (leak->is_outside || leak->of == 0)
        snprintf(out, COUNT_SIZE, "grows");
    else
        snprintf(out, COUNT_SIZE, "%" PRIu32 " of %" PRIu32, leak->kept, leak->of);
}

/* "3..9": numbers of invocations */
static void describe_span(char out[COUNT_SIZE], const struct leak *leak)
{
    if (leak->first_number == 0)
        snprintf(out, COUNT_SIZE, "-");
    else
        snprintf(out, COUNT_SIZE, "%" PRIu64 "..%" PRIu64, leak->first_number, leak->last_number);
}

static int append_row(const struct model *model, const struct leak *leak, int width,
                      struct buf *out)
{
    char name[NAME_SIZE] = "?", place[PLACE_SIZE], bytes[SIZE_TEXT], count[COUNT_SIZE],
         span[COUNT_SIZE], source[SOURCE_SIZE] = "";
    const struct file *file = file_of(model, leak);
    if (file) {
        size_t len;
        const char *text = file_line_text(file, leak->line, &len);
        size_t blank = 0;
        while (blank < len && (text[blank] == ' ' || text[blank] == '\t'))
            blank++;
        text_clean(source, sizeof source, text + blank, len - blank);
        text_clean(name, sizeof name, file->display, strlen(file->display));
    }
    snprintf(place, sizeof place, "%s:%" PRIu32, name, leak->line);
    describe_count(count, leak);
    describe_span(span, leak);
    return buf_printf(out, "%-*s  %14s  %-9s  %-6s  %-12s  %s\n", width, place,
                      amount(bytes, leak->bytes_per_invocation), count,
                      leak->is_native ? "native" : "Python", span, source);
}

static int place_width(const struct model *model)
{
    int width = (int)strlen("Line");
    for (size_t i = 0; i < model->leaks.certain; i++) {
        char name[NAME_SIZE], place[PLACE_SIZE];
        const struct leak *leak = &model->leaks.items[i];
        const struct file *file = file_of(model, leak);
        if (!file)
            continue;
        text_clean(name, sizeof name, file->display, strlen(file->display));
        int len = snprintf(place, sizeof place, "%s:%" PRIu32, name, leak->line);
        width = len > width ? len : width;
    }
    return width;
}

int evidence_write_table(const struct model *model, struct buf *out, struct error *error)
{
    int width = place_width(model);
    if (model->leaks.certain == 0)
        return 0;
    int result = buf_printf(out, "%-*s  %14s  %-9s  %-6s  %-12s  %s\n", width, "Line",
                            "Per invocation", "Kept", "Memory", "Invocations", "Source");
    for (size_t i = 0; !result && i < model->leaks.certain; i++)
        result = append_row(model, &model->leaks.items[i], width, out);
    return result ? refuse(out, error) : 0;
}
