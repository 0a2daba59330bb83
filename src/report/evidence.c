#include "config.h"
#include "report/evidence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/amount.h"
#include "report/leak_text.h"
#include "report/told.h"

#define INDENT "    "

enum { NAME_SIZE = 160, SOURCE_SIZE = 72, PLACE_SIZE = NAME_SIZE + 16, COUNT_SIZE = 48 };

const char *evidence_sentence(char out[EVIDENCE_SENTENCE], const struct model *model,
                              const struct leak *leak)
{
    char name[NAME_SIZE] = "?", keeps[LEAK_VERDICT];
    const struct file *file = leak_file(model, leak);
    if (file)
        text_clean(name, sizeof name, file->display, strlen(file->display));
    snprintf(out, EVIDENCE_SENTENCE, "line %" PRIu32 " of %.140s %s", leak->line, name,
             leak_verdict(keeps, model, leak));
    return out;
}

int evidence_write_sentences(const struct model *model, struct buf *out, struct error *error)
{
    char sentence[EVIDENCE_SENTENCE], open[LEAK_OPEN];
    for (size_t i = 0; i < model->leaks.certain; i++) {
        const struct leak *leak = &model->leaks.items[i];
        if (buf_printf(out, "%s\n", evidence_sentence(sentence, model, leak)) ||
            leak_write_holders(leak_holders(model, leak), INDENT, out))
            return told_refuse(out, error);
    }
    /* Of the first few nobody expects it, nor of a program. */
    if (*leak_undecided(open, model) && !model->is_program &&
        model->invocations.total > LEAK_WARM_UP && buf_printf(out, "Leaks %s.\n", open))
        return told_refuse(out, error);
    if (model->leaks.is_unknown &&
        buf_printf(out, "Leaks are not known: %s.\n", leaks_unknown(model)))
        return told_refuse(out, error);
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
    char name[NAME_SIZE] = "?", place[PLACE_SIZE], bytes[AMOUNT_SIZE], count[COUNT_SIZE],
         span[COUNT_SIZE], source[SOURCE_SIZE] = "";
    const struct file *file = leak_file(model, leak);
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
                      amount_text(bytes, leak->bytes_per_invocation), count,
                      leak->is_native ? "native" : "Python", span, source);
}

static int place_width(const struct model *model)
{
    int width = (int)strlen("Line");
    for (size_t i = 0; i < model->leaks.certain; i++) {
        char name[NAME_SIZE], place[PLACE_SIZE];
        const struct leak *leak = &model->leaks.items[i];
        const struct file *file = leak_file(model, leak);
        if (!file)
            continue;
        text_clean(name, sizeof name, file->display, strlen(file->display));
        int len = snprintf(place, sizeof place, "%s:%" PRIu32, name, leak->line);
        width = len > width ? len : width;
    }
    return width;
}

/* What the line keeps and who holds it, below its row. */
static int append_kept(const struct model *model, const struct leak *leak, struct buf *out)
{
    const struct holders *holders = leak_holders(model, leak);
    char types[LEAK_TYPES];
    int result = 0;
    if (*leak_types(types, holders))
        result = buf_printf(out, INDENT "%s\n", types);
    return result ? result : leak_write_holders(holders, INDENT, out);
}

int evidence_write_table(const struct model *model, struct buf *out, struct error *error)
{
    int width = place_width(model);
    if (model->leaks.certain == 0)
        return 0;
    int result = buf_printf(out, "%-*s  %14s  %-9s  %-6s  %-12s  %s\n", width, "Line",
                            "Per invocation", "Kept", "Memory", "Invocations", "Source");
    for (size_t i = 0; !result && i < model->leaks.certain; i++) {
        result = append_row(model, &model->leaks.items[i], width, out);
        result = result ? result : append_kept(model, &model->leaks.items[i], out);
    }
    return result ? told_refuse(out, error) : 0;
}
