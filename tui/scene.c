/*
 * The scene is drawn whole, every time: a frame is some ten thousand cells, and term.c sends only
 * those that changed. From top to bottom: header, the panes, the rule with the views' names, the
 * detail of the selected row, the message row, the key row.
 */
#include "config.h"
#include "tui/scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/size.h"
#include "tui/act.h"
#include "tui/bars.h"
#include "tui/detail_stop.h"
#include "tui/format.h"
#include "tui/glyph.h"
#include "tui/leak_words.h"
#include "tui/scrubber.h"
#include "tui/view.h"

enum {
    SPARK_COLS_MOST = 60,
    SPARK_COLS_LEAST = 4,
    LABEL_BYTES_MAX = 512,
    MESSAGE_BYTES_MAX = 16384
};
/* Of the word before the RSS, of "  peak 143.0 MiB", and the share of the limit that is shown at
 * the most. */
enum { RSS_COLS = 4, RSS_POLLED_COLS = 12, PEAK_COLS = 16, SHARE_MOST = 9999 };

struct scene {
    const struct ui *ui;
    const struct model *live;
    const struct model *model; /* as shown */
    struct grid *grid;
    uint64_t now_ns; /* as shown: stops while frozen */
};

static struct pen row_pen(const struct scene *scene, int row)
{
    return pen_at(scene->grid, row, 0, scene->grid->cols);
}

/* The function that it is about: none, where one looks at all of them and has selected none. */
static const struct model_function *title_function(const struct scene *scene)
{
    if (scene->ui->view == VIEW_FUNCTIONS && !model_has_selection(scene->model))
        return NULL;
    return model_selected(scene->model);
}

/* Of a program that is over. */
static void draw_exit(const struct model *model, struct pen *pen)
{
    char text[32];
    snprintf(text, sizeof text, " EXIT %d ", model->exit_status);
    pen_text(pen, model->exit_status ? STYLE_BAD : STYLE_IDLE, text);
}

static void draw_state(const struct scene *scene, struct pen *pen)
{
    const struct model *model = scene->model;
    if (model->stop.is_stopped) {
        pen_text(pen, STYLE_WAIT, " PAUSED ");
        return;
    }
    switch (model->worker) {
    case WORKER_STARTING: pen_text(pen, STYLE_WAIT, " STARTING "); return;
    case WORKER_LOADING: pen_text(pen, STYLE_WAIT, " LOADING "); return;
    case WORKER_DEAD: pen_text(pen, STYLE_BAD, " WORKER DEAD "); return;
    case WORKER_ENDED: draw_exit(model, pen); return;
    case WORKER_NONE: pen_text(pen, STYLE_IDLE, "IMPORTED"); return;
    case WORKER_READY: break;
    }
    if (model->invocations.running > 0)
        pen_text(pen, STYLE_BUSY, " RUNNING ");
    else if (title_function(scene) ? model_load_error(model) : model->app_error)
        pen_text(pen, STYLE_BAD, " NOT LOADED ");
    else
        pen_text(pen, STYLE_IDLE, "READY");
}

/* The one that is stopped, else one that runs, else the latest one; NULL before any. */
static const struct invocation *latest_invocation(const struct model *model)
{
    const struct invocation *running = invocations_newest_running(&model->invocations);
    const struct invocation *stopped =
        model->stop.is_stopped && model->stop.number
            ? invocations_find(&model->invocations, model->stop.number)
            : NULL;
    if (stopped)
        return stopped;
    if (running && running->number)
        return running;
    for (size_t i = model->invocations.count; i > 0; i--) {
        if (model->invocations.kept[i - 1]->number)
            return model->invocations.kept[i - 1];
    }
    return NULL;
}

/* "GET /api/X"; with its function before it where that is not the one that the title names. False
 * before anything has run. */
static bool request_text(const struct model *model, const struct model_function *function,
                         struct buf *out)
{
    const struct invocation *latest = latest_invocation(model);
    if (!latest)
        return false;
    if (!function || strcmp(function->name, latest->function) != 0)
        buf_printf(out, "%s: ", latest->function);
    buf_printf(out, "%s", latest->request);
    return true;
}

/* "2024-05-01 12:00 to 14:30 UTC", or "2024-05-01 12:00 UTC": when the logs are from. False where
 * they do not say. */
static bool period_text(const struct imported *imported, struct buf *out)
{
    uint64_t first_ns, last_ns;
    char first[FORMAT_SIZE], last[FORMAT_SIZE];
    if (!imported_period(imported, &first_ns, &last_ns))
        return false;
    format_date_time(first, first_ns, 0);
    format_date_time(last, last_ns, 0);
    size_t date = strcspn(first, " ");
    bool same_day = strncmp(first, last, date) == 0, same = strcmp(first, last) == 0;
    buf_printf(out, "%s%s%s UTC", first, same ? "" : " to ",
               same ? "" : &last[same_day ? date + 1 : 0]);
    return true;
}

/* What is left of the first row beside the word of a recording. */
static struct pen title_pen(const struct scene *scene)
{
    struct pen pen = row_pen(scene, 0);
    if (scene->ui->replay.is_on)
        pen_printf(&pen, STYLE_NOTICE, " %s ", scene->ui->replay.word);
    return pen;
}

static void draw_title(const struct scene *scene)
{
    const struct model *model = scene->model;
    const struct model_function *function = title_function(scene);
    struct pen pen = title_pen(scene);
    struct buf request;
    char right[128];
    buf_init(&request, LABEL_BYTES_MAX);
    bool any = model->imported ? period_text(model->imported, &request)
                               : request_text(model, function, &request);
    pen_skip(&pen, 1);
    pen_text(&pen, STYLE_TITLE, model->app_name ? model->app_name : "");
    if (function) {
        pen_text(&pen, STYLE_DIM, " > ");
        pen_text(&pen, STYLE_STRONG, function->name);
    }
    pen_skip(&pen, 2);
    draw_state(scene, &pen);
    /* The address, then the version, where there is room for both and the request. */
    struct pen rest = pen;
    rest.col += 2 + glyphs_cols(buf_text(&request), request.len) + 1;
    if (model->base_url)
        snprintf(right, sizeof right, "  %s ", model->base_url);
    if (model->base_url && pen_right(&rest, STYLE_DIM, right))
        pen.end = rest.end;
    snprintf(right, sizeof right, "  Python %s", model->python ? model->python : "");
    if (model->python && model->python[0] && pen_right(&rest, STYLE_TEXT, right))
        pen.end = rest.end;
    pen_skip(&pen, 2);
    if (any)
        pen_text(&pen, STYLE_TEXT, buf_text(&request));
    buf_fini(&request);
}

/* A name and what it is: whole, or not at all. */
static void draw_named(struct pen *pen, const char *name, enum style style, const char *text)
{
    if (pen_left(pen) < (int)(strlen(name) + strlen(text)))
        return;
    pen_text(pen, STYLE_NAME, name);
    pen_text(pen, style, text);
    pen_skip(pen, 2);
}

static void draw_named_size(struct pen *pen, const char *name, int64_t bytes, enum style style)
{
    char text[FORMAT_SIZE];
    if (bytes <= 0)
        return;
    format_size(text, bytes);
    draw_named(pen, name, style, text);
}

/* Of the worker's memory, in percent; what is not whole is dropped, so that 100 means 100. */
static int share_of_limit(const struct model *model)
{
    double share = 100.0 * (double)model->rss_bytes / (double)model->limit_bytes;
    return share < SHARE_MOST ? (int)share : SHARE_MOST;
}

static enum style share_style(const struct model *model)
{
    double share = (double)model->rss_bytes / (double)model->limit_bytes;
    return share > 0.95 ? STYLE_ERROR : share > 0.80 ? STYLE_WARNING : STYLE_STRONG;
}

/* "RSS 47.6 MiB", with what is to be known of such numbers here: "RSS: polled ~47.6 MiB". The word
 * is only left out where there is no room for it. */
static void draw_rss(const struct model *model, struct pen *pen, enum style style, const char *text)
{
    bool room = pen_left(pen) >= RSS_POLLED_COLS + (int)strlen(text);
    char name[32];
    snprintf(name, sizeof name, "%s ", model->meter ? model->meter : "RSS");
    draw_named(pen, model->rss_is_polled && room ? "RSS: polled " : name, style, text);
}

static void format_rss(char out[FORMAT_SIZE], const struct model *model)
{
    char size[FORMAT_SIZE];
    format_size(size, model->rss_bytes);
    snprintf(out, FORMAT_SIZE, "%s%.30s", model->rss_is_approximate ? "~" : "", size);
}

/* "RSS 47.6 MiB of consumption 1.5 GiB 3%"; where that and the peak have no room, without the
 * plan's name, and then without the limit. */
static void draw_limited_rss(const struct model *model, struct pen *pen)
{
    char rss[FORMAT_SIZE], size[SIZE_TEXT], text[3][128];
    const char *plan = model->limit_name ? model->limit_name : "";
    int name_cols = model->rss_is_polled ? RSS_POLLED_COLS : RSS_COLS;
    int share = share_of_limit(model);
    size_t form = 0;
    size_format(size, model->limit_bytes);
    if (model->rss_bytes <= 0) {
        snprintf(text[0], sizeof text[0], "%s%s%s", plan, *plan ? " " : "", size);
        draw_named(pen, "limit ", STYLE_TEXT, text[0]);
        return;
    }
    format_rss(rss, model);
    snprintf(text[0], sizeof text[0], "%s of %s%s%s %d%%", rss, plan, *plan ? " " : "", size,
             share);
    snprintf(text[1], sizeof text[1], "%s of %s %d%%", rss, size, share);
    snprintf(text[2], sizeof text[2], "%s %d%%", rss, share);
    if ((int)strlen(text[0]) + name_cols + PEAK_COLS > pen_left(pen))
        form++;
    if ((int)strlen(text[1]) + name_cols > pen_left(pen))
        form++;
    draw_rss(model, pen, share_style(model), text[form]);
}

static void draw_unlimited_rss(const struct model *model, struct pen *pen)
{
    char rss[FORMAT_SIZE];
    if (model->rss_bytes <= 0)
        return;
    format_rss(rss, model);
    draw_rss(model, pen, STYLE_STRONG, rss);
}

/* One second for each column, the newest at the right. */
static void draw_sparkline(const struct scene *scene, struct pen *pen)
{
    int64_t bins[SPARK_COLS_MOST], least = INT64_MAX, most = 0;
    int cols = pen_left(pen) < SPARK_COLS_MOST ? pen_left(pen) : SPARK_COLS_MOST;
    uint64_t span_ns = NS_PER_SECOND * (unsigned)cols;
    uint64_t to_ns = (scene->now_ns / NS_PER_SECOND + 1) * NS_PER_SECOND;
    if (cols < SPARK_COLS_LEAST)
        return;
    timeline_bins(&scene->model->timeline, to_ns > span_ns ? to_ns - span_ns : 0, to_ns,
                  (size_t)cols, bins);
    for (int i = 0; i < cols; i++) {
        if (bins[i] > 0 && bins[i] < least)
            least = bins[i];
        most = bins[i] > most ? bins[i] : most;
    }
    if (most == 0)
        return;
    /* Without a least height, noise of some pages would fill it. */
    if (most - least < HEAT_WARM_BYTES)
        most = least + HEAT_WARM_BYTES;
    for (int i = 0; i < cols; i++) {
        if (bins[i] > 0)
            grid_put(scene->grid, pen->row, pen->col + i, format_spark(bins[i], least, most), 1,
                     STYLE_SPARK);
    }
}

/* What of the row the sparkline is not to be left without. */
enum { SPARK_COLS_WANTED = 12 };

/* "heap 21.4 MiB", or with more room "RSS = Python 9.4 + native 12.0 + free 1.2 + other 55.4 MiB".
 * Native blocks that are not counted are part of other. Where more was asked for than is resident,
 * the rest is "- untouched 49.7 MiB". */
static void draw_heap(const struct model *model, struct pen *pen)
{
    const struct heap *heap = &model->heap;
    char native[FORMAT_SIZE] = "", text[160];
    if (model->worker == WORKER_NONE || model->meter)
        return;
    if (!heap->is_on) {
        draw_named(pen, "heap ", STYLE_TEXT, "off");
        return;
    }
    if (model->rss_bytes <= 0)
        return;
    if (heap->native_is_on)
        snprintf(native, sizeof native, " + native %.1f", (double)heap->native_bytes / MIB_BYTES);
    double other = (double)heap_other_bytes(heap, model->rss_bytes) / MIB_BYTES;
    snprintf(text, sizeof text, "Python %.1f%s + free %.1f %s %.1f MiB",
             (double)heap->python_bytes / MIB_BYTES, native,
             (double)heap_free_bytes(heap) / MIB_BYTES, other < 0 ? "- untouched" : "+ other",
             other < 0 ? -other : other);
    if (pen_left(pen) >= (int)strlen(text) + RSS_COLS + 4 + SPARK_COLS_WANTED) {
        draw_named(pen, "RSS = ", STYLE_TEXT, text);
        return;
    }
    format_bytes(text, heap_live_bytes(heap));
    if (pen_left(pen) >= (int)strlen(text) + 7 + SPARK_COLS_WANTED)
        draw_named(pen, "heap ", STYLE_TEXT, text);
}

/* How the memory of the app goes on over its invocations, in the instance where it grows most. */
static void draw_growth(const struct imported *imported, struct pen *pen)
{
    char text[FORMAT_SIZE + LABEL_BYTES_MAX];
    const struct imported_instance *most = imported->instances;
    if (imported->instance_count == 0 || most->invocations < 2)
        return;
    size_t len = (size_t)snprintf(text, sizeof text, "%+.3f MiB an invocation",
                                  most->growth_bytes / MIB_BYTES);
    if (imported->instance_count > 1)
        snprintf(text + len, sizeof text - len, " on %.60s, the most of %zu", most->name,
                 imported->instance_count);
    enum style style = most->growth_bytes >= 1024 ? STYLE_WARNING : STYLE_TEXT;
    if (glyphs_cols(text, strlen(text)) + 7 > pen_left(pen))
        text[len] = '\0';
    draw_named(pen, "growth ", style, text);
}

static void draw_numbers(const struct scene *scene)
{
    const struct model *model = scene->model;
    const struct invocations *set = &model->invocations;
    struct pen pen = row_pen(scene, 1);
    char text[64];
    pen_skip(&pen, 1);
    pen.end--;
    if (leak_words_known(model)) {
        snprintf(text, sizeof text, "  leaks %zu", model->leaks.certain);
        pen_right(&pen, model->leaks.certain ? STYLE_ERROR : STYLE_GOOD, text);
    }
    if (set->failed) {
        snprintf(text, sizeof text, ", %" PRIu64 " failed", set->failed);
        pen_right(&pen, STYLE_ERROR, text);
    }
    if (set->running) {
        snprintf(text, sizeof text, ", %" PRIu64 " running", set->running);
        pen_right(&pen, STYLE_RUNNING, text);
    }
    snprintf(text, sizeof text, "  invocations %" PRIu64, set->total);
    pen_right(&pen, STYLE_TEXT, text);
    if (model->limit_bytes)
        draw_limited_rss(model, &pen);
    else
        draw_unlimited_rss(model, &pen);
    draw_named_size(&pen, "peak ", model->rss_peak_bytes, STYLE_TEXT);
    draw_heap(model, &pen);
    if (model->imported)
        draw_growth(model->imported, &pen);
    int room = scene->grid->cols - (model->limit_bytes ? 40 : 0);
    if (room >= 112)
        draw_named_size(&pen, "baseline ", model->baseline_bytes, STYLE_TEXT);
    if (room >= 128)
        draw_named_size(&pen, "own ", model->own_bytes, STYLE_DIM);
    draw_sparkline(scene, &pen);
}

static void draw_rows(const struct scene *scene, const struct view_context *context,
                      enum view_id id)
{
    const struct view *view = view_of(id);
    const struct list *list = &scene->ui->lists[id];
    const struct rect *rect = &context->rect;
    int row = rect->row + 1, end = rect->row + rect->rows;
    for (size_t i = list->top; i < list->count && row < end; i++) {
        int height = view->height ? view->height(context, list->ids[i]) : 1;
        bool selected =
            view->selects && i == list->cursor && (context->focused || list->hold == HOLD_ROW);
        for (int part = list_hidden(list, i); part < height && row < end; part++) {
            struct pen pen = pen_at(scene->grid, row, rect->col, rect->cols);
            view->row(context, list->ids[i], part, &pen);
            if (selected)
                grid_mark(scene->grid, row, rect->col, rect->cols,
                          context->focused ? MARK_CURSOR : MARK_CURSOR_AWAY);
            row++;
        }
    }
}

static void draw_centered(const struct scene *scene, const struct rect *rect, int row,
                          enum style style, const char *text)
{
    int cols = glyphs_cols(text, strlen(text));
    int left = cols < rect->cols - 2 ? (rect->cols - cols) / 2 : 1;
    struct pen pen = pen_at(scene->grid, row, rect->col + left, rect->cols - left - 1);
    pen_text(&pen, style, text);
}

/* In lines, the first of which is what counts. */
static void draw_empty_words(const struct scene *scene, const struct view_context *context,
                             enum view_id id)
{
    const struct view *view = view_of(id);
    int row = context->rect.row + context->rect.rows / 2;
    struct buf text;
    buf_init(&text, LABEL_BYTES_MAX);
    if (view->say_empty)
        view->say_empty(context, &text);
    else
        buf_printf(&text, "%s", view->empty);
    char *lines = mem_strdup(buf_text(&text)), *rest = lines;
    for (char *line; (line = strsep(&rest, "\n")) && row < context->rect.row + context->rect.rows;)
        draw_centered(scene, &context->rect, row++,
                      line == lines && view->say_empty ? STYLE_TEXT : STYLE_DIM, line);
    free(lines);
    buf_fini(&text);
}

/* Why there is nothing to see, and what to do. */
static void draw_empty(const struct scene *scene, const struct view_context *context,
                       enum view_id id)
{
    const struct rect *rect = &context->rect;
    const struct model *model = scene->model;
    int row = rect->row + rect->rows / 2;
    if (scene->ui->lists[id].filter[0])
        draw_centered(scene, rect, row, STYLE_DIM, "no row holds the filter's text; Esc drops it");
    else if ((id != VIEW_SOURCE || model->file_count > 0) &&
             (id != VIEW_FUNCTIONS || model->function_count > 0))
        draw_empty_words(scene, context, id);
    else if (model->worker == WORKER_STARTING)
        draw_centered(scene, rect, row, STYLE_WARNING, "the worker is starting");
    else if (model->worker == WORKER_LOADING)
        draw_centered(scene, rect, row, STYLE_WARNING, "the app is being imported");
    else if (model->function_count == 0)
        draw_centered(scene, rect, row, STYLE_WARNING, "the app has no functions");
    else
        draw_centered(scene, rect, row, STYLE_DIM,
                      model->worker == WORKER_ENDED ? "no profiled line has run"
                      : model->is_program           ? "no profiled line has run yet"
                                          : "no profiled line has run yet: r runs the function");
}

static void draw_banner_row(const struct scene *scene, int row, enum style style, const char *text)
{
    struct pen pen =
        pen_at(scene->grid, scene->ui->layout.main.row + row, 0, scene->ui->layout.main.cols);
    if (row >= scene->ui->banner_rows)
        return;
    pen_text(&pen, style, row == 0 ? " ! " : "   ");
    pen_text(&pen, style, text);
    pen_fill(&pen, style, ' ');
}

/* What is shown is what ran before the file was saved. */
static void draw_old_version(const struct scene *scene)
{
    const struct model *model = scene->model;
    const struct file *file = model->files[scene->ui->file];
    long current = model_find_file(model, file->path);
    char time[FORMAT_SIZE], text[160];
    if (current < 0)
        return;
    format_time(time, model->files[current]->saved_realtime_ns, 0);
    snprintf(text, sizeof text,
             "version %" PRIu32 " of %" PRIu32
             ": the file was saved at %s; Enter shows the new one",
             file->version, model->files[current]->version, time);
    draw_banner_row(scene, 0, STYLE_WARNING, text);
}

static void draw_load_error(const struct scene *scene)
{
    const struct model *model = scene->model;
    const struct model_function *broken = ui_broken_function(scene->ui, model);
    char what[LABEL_BYTES_MAX];
    if (model->app_error) {
        draw_banner_row(scene, 0, STYLE_BAD, "the app could not be loaded");
        draw_banner_row(scene, 1, STYLE_ERROR, model->app_error);
        draw_banner_row(scene, 2, STYLE_DIM,
                        "4 shows the traceback; until it loads, requests are answered with 404");
        return;
    }
    snprintf(what, sizeof what, "%s could not be loaded", broken->name);
    draw_banner_row(scene, 0, STYLE_BAD, what);
    draw_banner_row(scene, 1, STYLE_ERROR, broken->load_error);
    draw_banner_row(scene, 2, STYLE_DIM,
                    "4 shows the traceback; until it loads, requests are answered with 500");
}

/* What was saved cannot take the place of what runs. */
static void draw_reload_error(const struct scene *scene)
{
    char text[LABEL_BYTES_MAX];
    snprintf(text, sizeof text, "not loaded again: %s", scene->model->reload_error);
    draw_banner_row(scene, 0, STYLE_BAD, text);
}

/* The verdict on all lines, above them. */
static void draw_verdict(const struct scene *scene)
{
    const struct rect *main = &scene->ui->layout.main;
    bool is_certain = scene->model->leaks.certain > 0;
    struct pen pen = pen_at(scene->grid, main->row, main->col, main->cols);
    struct buf text;
    if (scene->ui->banner_rows == 0)
        return;
    buf_init(&text, LABEL_BYTES_MAX);
    leak_words_verdict(scene->model, &text);
    pen_text(&pen, is_certain ? STYLE_ERROR : STYLE_WARNING, is_certain ? " ! " : " ? ");
    pen_text(&pen, is_certain ? STYLE_ERROR : STYLE_WARNING, buf_text(&text));
    buf_fini(&text);
}

static void draw_live(const struct scene *scene)
{
    const struct rect *main = &scene->ui->layout.main;
    for (int i = 0; i < scene->ui->banner_rows; i++) {
        struct pen pen = pen_at(scene->grid, main->row + i, main->col, main->cols);
        view_live_draw_banner(scene->model, i, &pen);
    }
}

/* What has gone wrong, above the source or the functions. */
static void draw_banner(const struct scene *scene)
{
    const struct model *model = scene->model;
    if (scene->ui->banner_rows == 0)
        return;
    if (model->worker == WORKER_DEAD) {
        draw_banner_row(scene, 0, STYLE_BAD, "the worker is gone, and is being started again");
        draw_banner_row(scene, 1, STYLE_ERROR, model->worker_end ? model->worker_end : "");
        draw_banner_row(scene, 2, STYLE_DIM, "4 shows what it said last");
    } else if (ui_has_load_error(scene->ui, model)) {
        draw_load_error(scene);
    } else if (model->reload_error) {
        draw_reload_error(scene);
    } else if (ui_tells_death(scene->ui, model)) {
        draw_banner_row(scene, 0, STYLE_BAD, model->worker_end);
    } else if (ui_is_old(scene->ui, model)) {
        draw_old_version(scene);
    }
}

/* Where the selection is, at the end of the heading. */
static void draw_place(const struct scene *scene, struct pen *pen, enum view_id id)
{
    const struct list *list = &scene->ui->lists[id];
    size_t place = view_of(id)->selects ? list->cursor : list->top;
    char text[64];
    snprintf(text, sizeof text, " %zu/%zu", list->count ? place + 1 : 0, list->count);
    pen_right(pen, STYLE_HEADING, text);
}

static void draw_view(const struct scene *scene, enum view_id id)
{
    struct view_context context = {.ui = scene->ui,
                                   .model = scene->model,
                                   .now_ns = scene->now_ns,
                                   .focused = scene->ui->focus == id};
    if (!ui_view_rect(scene->ui, id, &context.rect))
        return;
    const struct rect *rect = &context.rect;
    struct pen pen = pen_at(scene->grid, rect->row, rect->col, rect->cols);
    pen_fill(&pen, STYLE_HEADING, ' ');
    pen = pen_at(scene->grid, rect->row, rect->col, rect->cols);
    draw_place(scene, &pen, id);
    view_of(id)->heading(&context, &pen);
    if (scene->ui->lists[id].count == 0)
        draw_empty(scene, &context, id);
    else
        draw_rows(scene, &context, id);
    if (id == VIEW_SOURCE || id == VIEW_FUNCTIONS)
        draw_banner(scene);
    if (id == VIEW_LEAKS)
        draw_verdict(scene);
    if (id == VIEW_EVIDENCE && scene->ui->holder_rows)
        view_evidence_draw_holders(&context, scene->grid);
    if (id == VIEW_LIVE)
        draw_live(scene);
}

static void draw_separator(const struct scene *scene)
{
    const struct layout *layout = &scene->ui->layout;
    if (!layout->side)
        return;
    for (int i = 0; i < layout->main.rows; i++)
        grid_put(scene->grid, layout->main.row + i, layout->separator_col, 0x2502, 1, STYLE_RULE);
}

static void draw_rule(const struct scene *scene)
{
    const struct ui *ui = scene->ui;
    struct bar tabs = bar_tabs(ui, scene->live);
    if (ui->layout.rule_row < 0)
        return;
    struct pen rule = row_pen(scene, ui->layout.rule_row);
    pen_fill(&rule, STYLE_RULE, 0x2500);
    for (size_t i = 0; i < tabs.count; i++) {
        const struct bar_item *item = &tabs.items[i];
        bool on = ui->view == item->view;
        struct pen pen = pen_at(scene->grid, ui->layout.rule_row, item->col, item->cols);
        pen_printf(&pen, on ? STYLE_TAB_ON : STYLE_TAB, " %s %s ", item->key, item->label);
    }
}

static void draw_detail(const struct scene *scene)
{
    const struct ui *ui = scene->ui;
    const struct view *view = view_of(ui->focus);
    struct view_context context = {.ui = ui, .model = scene->model, .now_ns = scene->now_ns};
    uint64_t id;
    if (ui->layout.detail_row < 0 || !view->detail || !list_selected(&ui->lists[ui->focus], &id))
        return;
    struct pen pen = row_pen(scene, ui->layout.detail_row);
    view->detail(&context, id, &pen);
    if (ui->layout.heap_row < 0 || !view->heap_detail)
        return;
    pen = row_pen(scene, ui->layout.heap_row);
    view->heap_detail(&context, id, &pen);
}

static void draw_prompt(const struct scene *scene, struct pen *pen)
{
    const struct ui *ui = scene->ui;
    struct buf label;
    size_t from;
    int cursor;
    buf_init(&label, LABEL_BYTES_MAX);
    prompt_label(ui, &label);
    /* At least half of the row is for what is typed. */
    struct pen left = pen_at(scene->grid, pen->row, 1, pen_left(pen) / 2);
    pen_text(&left, STYLE_PROMPT, buf_text(&label));
    buf_fini(&label);
    pen->col = left.col;
    prompt_window(ui, pen_left(pen), &from, &cursor);
    struct pen text = *pen;
    pen_text(&text, ui->prefill_waits ? STYLE_DIM : STYLE_STRONG, ui->input + from);
    if (from > 0)
        grid_put(scene->grid, pen->row, pen->col, 0x2026, 1, STYLE_DIM);
    grid_mark(scene->grid, pen->row, pen->col + cursor, 1, MARK_CURSOR);
}

/* True where the worker that is shown is no longer the one that runs. */
static bool has_died_since(const struct scene *scene)
{
    return scene->live->worker_starts != scene->model->worker_starts ||
           (scene->live->worker == WORKER_DEAD && scene->model->worker != WORKER_DEAD);
}

/* By its id: in a recording it may not have begun. */
static void name_invocation(uint64_t id, char out[FORMAT_SIZE])
{
    if (id < INVOCATION_LOADS)
        snprintf(out, FORMAT_SIZE, "#%" PRIu64, id);
    else
        snprintf(out, FORMAT_SIZE, "load");
}

/* Whose numbers these are, where they are not everybody's. */
static void draw_opened(const struct scene *scene, struct pen *pen)
{
    const struct ui *ui = scene->ui;
    char one[FORMAT_SIZE], mark[FORMAT_SIZE], text[2 * FORMAT_SIZE + 16];
    name_invocation(ui->one, one);
    if (ui->difference) {
        name_invocation(ui->mark, mark);
        snprintf(text, sizeof text, " %s less %s ", one, mark);
    } else {
        snprintf(text, sizeof text, " only %s ", one);
    }
    pen_right(pen, STYLE_NOTICE, text);
}

/* What there is to say though no key was pressed: of a thread that is stopped, of a worker that has
 * died. */
static void draw_lasting_message(const struct scene *scene, struct pen *pen)
{
    const struct model *model = scene->model;
    const struct stop *stop = &model->stop;
    struct buf text;
    if (scene->ui->view == VIEW_STOP)
        return; /* which has it */
    buf_init(&text, MESSAGE_BYTES_MAX);
    detail_stop_answer(model, &text);
    enum style style = stop->has_failed ? STYLE_ERROR : STYLE_STRONG;
    if (text.len == 0) {
        detail_slow_condition(model, &text);
        style = STYLE_WARNING;
    }
    if (text.len == 0)
        detail_stop_why(model, &text);
    if (text.len)
        pen_text(pen, style, buf_text(&text));
    else if (ui_tells_death(scene->ui, model) && scene->ui->banner_rows == 0)
        pen_text(pen, STYLE_ERROR, model->worker_end);
    buf_fini(&text);
}

/* States of the display that last, at the right; what was said last, at the left. */
static void draw_message(const struct scene *scene)
{
    const struct ui *ui = scene->ui;
    const struct list *list = &ui->lists[ui->focus];
    struct pen pen = row_pen(scene, ui->layout.message_row);
    char text[LIST_TEXT_SIZE + 32];
    if (ui->prompt != PROMPT_NONE) {
        draw_prompt(scene, &pen);
        return;
    }
    if (ui->frozen)
        pen_right(&pen, STYLE_NOTICE,
                  has_died_since(scene) ? " DISPLAY FROZEN, the worker has died since "
                                        : " DISPLAY FROZEN, program running ");
    if (ui->zero) {
        char time[FORMAT_SIZE];
        format_time(time, ui->zero->realtime_ns, 0);
        snprintf(text, sizeof text, " since %s ", time);
        pen_right(&pen, STYLE_NOTICE, text);
    }
    /* The source has it beside the file's name. */
    if (ui->one_open && ui->view == VIEW_HOT)
        draw_opened(scene, &pen);
    if (list->filter[0]) {
        snprintf(text, sizeof text, " only \"%s\" ", list->filter);
        pen_right(&pen, STYLE_NOTICE, text);
    }
    if (ui->series.is_on) {
        snprintf(text, sizeof text, " %u of %u answered, Esc ends it ", ui->series.answered,
                 ui->series.asked);
        pen_right(&pen, STYLE_BUSY, text);
    }
    if (!ui->mouse)
        pen_right(&pen, STYLE_DIM, " mouse off ");
    if (scene->model->stop.is_awaited)
        pen_right(&pen, STYLE_NOTICE, " pauses at the next line ");
    if (ui->view == VIEW_SOURCE && ui->follow && scene->model->worker != WORKER_NONE &&
        !scene->model->stop.is_stopped)
        pen_right(&pen, STYLE_GOOD, " following ");
    if (scene->model->dropped_samples) {
        snprintf(text, sizeof text, " %" PRIu64 " samples dropped ", scene->model->dropped_samples);
        pen_right(&pen, STYLE_DIM, text);
    }
    pen_skip(&pen, 1);
    if (ui->message[0] && !scene->model->slow_breakpoint)
        pen_text(&pen, ui->message_style, ui->message);
    else
        draw_lasting_message(scene, &pen);
}

static void draw_keys(const struct scene *scene)
{
    const struct ui *ui = scene->ui;
    struct bar bar = bar_keys(ui, scene->live);
    for (size_t i = 0; i < bar.count; i++) {
        const struct bar_item *item = &bar.items[i];
        struct pen pen = pen_at(scene->grid, ui->layout.key_row, item->col, item->cols);
        pen_printf(&pen, STYLE_KEY, " %s", item->key);
        pen_printf(&pen, STYLE_KEY_TEXT, " %s ", item->label);
    }
}

static void draw_too_small(const struct scene *scene)
{
    struct pen pen = row_pen(scene, scene->grid->rows / 2);
    char text[96];
    snprintf(text, sizeof text, "pymemtop needs %d columns and %d rows; this is %d x %d.",
             LAYOUT_COLS_MIN, LAYOUT_ROWS_MIN, scene->ui->cols, scene->ui->rows);
    pen_text(&pen, STYLE_WARNING, text);
    if (scene->grid->rows / 2 + 1 < scene->grid->rows) {
        pen = row_pen(scene, scene->grid->rows / 2 + 1);
        pen_text(&pen, STYLE_TEXT, "Make it larger, or q: quit.");
    }
}

void scene_draw(const struct ui *ui, const struct model *model, uint64_t now_ns, struct grid *grid)
{
    struct scene scene = {.ui = ui,
                          .live = model,
                          .model = ui_shown(ui, model),
                          .grid = grid,
                          .now_ns = ui->frozen         ? ui->frozen_ns
                                    : ui->replay.is_on ? ui->replay.at.now_ns
                                                       : now_ns};
    grid->ascii = ui->ascii;
    grid_resize(grid, ui->cols, ui->rows);
    if (ui->layout.too_small) {
        draw_too_small(&scene);
        return;
    }
    draw_title(&scene);
    draw_numbers(&scene);
    for (size_t i = 0; i < VIEW_COUNT; i++)
        draw_view(&scene, (enum view_id)i);
    draw_separator(&scene);
    draw_rule(&scene);
    draw_detail(&scene);
    draw_message(&scene);
    scrubber_draw(ui, scene.model, grid);
    draw_keys(&scene);
}
