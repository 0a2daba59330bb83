#include "config.h"
#include "tui/save.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tui/grid.h"
#include "tui/scene.h"

enum { DUMP_BYTES_MAX = 8 << 20 };

void save_text(struct ui *ui, const struct model *model, struct buf *out)
{
    struct grid grid;
    grid_init(&grid);
    ui_sync(ui, model);
    scene_draw(ui, model, clock_monotonic_ns(), &grid);
    grid_dump_text(&grid, out);
    grid_fini(&grid);
}

int save_screen(struct ui *ui, const struct model *model, const char *path, struct error *error)
{
    struct buf dump;
    FILE *file = fopen(path, "we");
    if (!file)
        return error_set(error, EXIT_STATUS_SYSTEM, "cannot write %s: %s", path, strerror(errno));
    buf_init(&dump, DUMP_BYTES_MAX);
    save_text(ui, model, &dump);
    bool whole = fwrite(buf_text(&dump), 1, dump.len, file) == dump.len;
    buf_fini(&dump);
    if (fclose(file) != 0 || !whole)
        return error_set(error, EXIT_STATUS_SYSTEM, "cannot write %s: %s", path, strerror(errno));
    return 0;
}

const char *save_command(const char *text)
{
    static const char name[] = "save-screen";
    size_t len = sizeof name - 1;
    if (strncmp(text, name, len) != 0 || (text[len] != ' ' && text[len] != '\0'))
        return NULL;
    return text + len + strspn(text + len, " ");
}
