#include "config.h"
#include "report/hot_lines.h"

#include "report/told.h"

int64_t hot_lines_bytes(const struct line_stats *stats)
{
    int64_t retained = line_retained_bytes(stats), most = stats->self_increment_bytes;
    most = retained > most ? retained : most;
    return most > 0 ? most : 0;
}

static int64_t bytes_of(const struct hot_line *hot)
{
    return hot_lines_bytes(&hot->file->lines[hot->line - 1].total);
}

size_t hot_lines(const struct model *model, struct hot_line *out, size_t most)
{
    size_t count = 0;
    for (uint32_t i = 0; i < model->file_count; i++) {
        const struct file *file = model->files[i];
        for (uint32_t line = 1; line <= file->line_count; line++) {
            struct hot_line hot = {file, i, line};
            int64_t bytes = bytes_of(&hot);
            if (bytes == 0 || !told_line(model, file, line) ||
                (count == most && bytes_of(&out[most - 1]) >= bytes))
                continue;
            size_t at = count < most ? count++ : most - 1;
            for (; at > 0 && bytes_of(&out[at - 1]) < bytes; at--)
                out[at] = out[at - 1];
            out[at] = hot;
        }
    }
    return count;
}
