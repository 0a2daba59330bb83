#include "config.h"
#include "report/told.h"

static bool is_told(const struct line_stats *stats)
{
    return stats->occurrences || stats->increment_bytes || stats->self_increment_bytes ||
           stats->allocated_bytes || stats->freed_bytes;
}

bool told_line(const struct model *model, const struct file *file, uint32_t line)
{
    return is_told(&file->lines[line - 1].total) && model_reports_line(model, file, line);
}

bool told_file(const struct model *model, const struct file *file)
{
    bool any = model->decorated_count == 0;
    for (uint32_t line = 1; !any && line <= file->line_count; line++)
        any = told_line(model, file, line);
    return any;
}

const char *told_function(const struct file *file, uint32_t line)
{
    const struct file_function *function = file_function_at(file, line);
    return function ? function->name : "<module>";
}

int told_refuse(const struct buf *out, struct error *error)
{
    return error_set(error, EXIT_STATUS_SYSTEM,
                     "the report is longer than %zu bytes; profile fewer files with --include or "
                     "--exclude",
                     out->max_bytes);
}
