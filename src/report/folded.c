#include "config.h"
#include "report/folded.h"

#include <inttypes.h>

#include "report/markup.h"
#include "report/plain.h"
#include "report/told.h"

enum { SOURCE_COLUMNS = 120 };

/* A semicolon is between two frames. */
static const char *escape(uint32_t code)
{
    return code == ';' ? "," : NULL;
}

static uint64_t weigh(const struct line_stats *stats, enum folded_weight weight)
{
    int64_t retained = line_retained_bytes(stats);
    if (weight == FOLDED_ALLOCATED)
        return stats->allocated_bytes;
    return retained > 0 ? (uint64_t)retained : 0;
}

static void put_line(struct markup *folded, const struct file *file, uint32_t line, uint64_t bytes)
{
    struct span source = plain_statement(file, line);
    plain_text(folded, span_of(file->display), 0, escape);
    if (file->retired)
        markup_printf(folded, " (version %" PRIu32 ")", file->version);
    markup_put(folded, ";");
    plain_text(folded, span_of(told_function(file, line)), 0, escape);
    markup_printf(folded, ";%" PRIu32 "%s", line, source.len ? ": " : "");
    plain_text(folded, source, SOURCE_COLUMNS, escape);
    markup_printf(folded, " %" PRIu64 "\n", bytes);
}

int folded_write(const struct model *model, enum folded_weight weight, struct buf *out,
                 struct error *error)
{
    struct markup folded = {.out = out};
    if (!model->heap.is_on)
        return error_set(error, EXIT_STATUS_USAGE,
                         "folded stacks have the bytes that lines allocate as weights, and these "
                         "were not counted; %s--format speedscope takes the RSS",
                         model->imported ? "" : "--heap on counts them, and ");
    for (uint32_t i = 0; i < model->file_count; i++) {
        const struct file *file = model->files[i];
        for (uint32_t line = 1; line <= file->line_count; line++) {
            uint64_t bytes = weigh(&file->lines[line - 1].total, weight);
            if (bytes && told_line(model, file, line))
                put_line(&folded, file, line, bytes);
        }
    }
    return folded.full ? told_refuse(out, error) : 0;
}
