/*
 * A model like any other, but for its worker, of which there is none: the loop has the terminal
 * alone, and what a key asks of the app is refused in words.
 */
#include "config.h"
#include "host/import_screen.h"

#include <string.h>
#include <uv.h>

#include "base/clock.h"
#include "host/screen.h"
#include "report/imported_text.h"

struct shown {
    struct model *model;
    struct screen *screen;
};

static void act(void *context, enum ui_action action)
{
    struct shown *shown = context;
    if (action == UI_SELECT)
        model_select(shown->model,
                     shown->model->functions[screen_ui(shown->screen)->function].name);
    else
        ui_say(screen_ui(shown->screen), STYLE_WARNING,
               "these figures are from logs: there is no app here that could run");
}

/* How the import went is what the output view has to say. */
static void fill_output(struct model *model)
{
    struct buf words;
    buf_init(&words, 1 << 20);
    enum output_level level = model->imported->unreadable ? LEVEL_WARNING : LEVEL_INFO;
    if (imported_text_write(model, &words, NULL) == 0)
        output_add(&model->output, clock_realtime_ns(), OUTPUT_HOST, level, OUTPUT_NO_INVOCATION,
                   buf_text(&words), words.len);
    buf_fini(&words);
}

/* The line that has grown the most; false where none has run. */
static bool find_hottest(const struct model *model, uint32_t *file, uint32_t *line)
{
    int64_t most = INT64_MIN;
    for (size_t i = 0; i < model->file_count; i++)
        for (uint32_t k = 0; k < model->files[i]->line_count; k++) {
            const struct line_stats *total = &model->files[i]->lines[k].total;
            if (!total->occurrences || total->increment_bytes <= most)
                continue;
            most = total->increment_bytes;
            *file = (uint32_t)i;
            *line = k + 1;
        }
    return most > INT64_MIN;
}

/* Nothing runs that could be followed: it begins with the line that has grown the most. */
static void show_hottest(struct ui *ui, struct model *model)
{
    uint32_t file, line;
    ui->follow = false;
    if (!find_hottest(model, &file, &line))
        return;
    for (size_t i = 0; i < model->function_count; i++)
        if (strcmp(model->functions[i].script, model->files[file]->path) == 0) {
            model_select(model, model->functions[i].name);
            break;
        }
    ui_show_line(ui, model, file, line);
}

/* What one should know before one believes the figures. */
static void say_doubts(struct ui *ui, const struct imported *imported)
{
    if (imported->unreadable || imported->sampled || imported->dropped)
        ui_say(ui, STYLE_WARNING, "not all could be read, or was logged; 4 says what");
    else if (imported->undated || imported->unsure_dates)
        ui_say(ui, STYLE_WARNING, "not all dates are sure; 4 says which");
}

static int show_on(uv_loop_t *loop, struct model *model, const struct options *options,
                   struct error *error)
{
    struct shown shown = {.model = model, .screen = screen_new(options->script, error)};
    if (!shown.screen)
        return -1;
    const struct screen_setup setup = {
        .loop = loop,
        .model = model,
        .ascii = options->ascii,
        .color = !options->no_color,
        .context = &shown,
        .act = act,
    };
    fill_output(model);
    int status = screen_open(shown.screen, &setup);
    if (status == 0) {
        show_hottest(screen_ui(shown.screen), model);
        say_doubts(screen_ui(shown.screen), model->imported);
        status = screen_run(shown.screen);
    }
    screen_give_back(shown.screen);
    screen_close(shown.screen);
    uv_run(loop, UV_RUN_DEFAULT);
    screen_free(shown.screen);
    return status;
}

int import_show(struct model *model, const struct options *options, struct error *error)
{
    uv_loop_t loop;
    int status = uv_loop_init(&loop);
    if (status < 0)
        return error_set(error, EXIT_STATUS_SYSTEM, "no event loop: %s", uv_strerror(status));
    status = show_on(&loop, model, options, error);
    uv_loop_close(&loop);
    return status;
}
