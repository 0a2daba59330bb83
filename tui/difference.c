/*
 * The open invocation less the marked one: which lines are other ones, by how much, and the way
 * from one to the next. What a line took is compared by its Net, which is exact; where no heap is
 * counted by its Increment.
 */
#include "config.h"
#include "tui/act.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tui/view.h"

/* What the interpreter's own tables move by from one invocation to another. */
enum { LITTLE_BYTES = 64 };

uint64_t ui_line_change(const struct ui *ui, const struct model *model, uint32_t file,
                        uint32_t line)
{
    struct line_stats stats;
    if (!ui->difference || !ui_line_stats(ui, model, file, line, &stats))
        return 0;
    int64_t bytes = model->heap.is_on ? line_net_bytes(&stats) : stats.increment_bytes;
    return bytes < 0 ? (uint64_t)0 - (uint64_t)bytes : (uint64_t)bytes;
}

bool ui_line_is_changed(const struct ui *ui, const struct model *model, uint32_t file,
                        uint32_t line)
{
    return ui_line_change(ui, model, file, line) >= LITTLE_BYTES;
}

bool difference_find_most(const struct ui *ui, const struct model *model, uint32_t *file,
                          uint32_t *line)
{
    uint64_t most = LITTLE_BYTES - 1;
    for (uint32_t i = 0; i < model->file_count; i++)
        for (uint32_t n = 1; n <= model->files[i]->line_count; n++) {
            uint64_t change = ui_line_change(ui, model, i, n);
            if (change <= most)
                continue;
            most = change;
            *file = i;
            *line = n;
        }
    return most >= LITTLE_BYTES;
}

/* The place after a line, or before it, through all files and round. */
static void step_place(const struct model *model, int direction, uint32_t *file, uint32_t *line)
{
    uint32_t count = (uint32_t)model->file_count;
    if (direction > 0 ? *line < model->files[*file]->line_count : *line > 1) {
        *line += (uint32_t)direction;
        return;
    }
    do
        *file = (*file + count + (uint32_t)direction) % count;
    while (model->files[*file]->line_count == 0);
    *line = direction > 0 ? 1 : model->files[*file]->line_count;
}

bool difference_find_next(const struct ui *ui, const struct model *model, int direction,
                          uint32_t *file, uint32_t *line)
{
    uint32_t from_file, from_line;
    if (!target_line(ui, model, &from_file, &from_line) ||
        from_line > model->files[from_file]->line_count)
        return false;
    *file = from_file;
    *line = from_line;
    do {
        step_place(model, direction, file, line);
        if (ui_line_is_changed(ui, model, *file, *line))
            return true;
    } while (*file != from_file || *line != from_line);
    return false;
}
