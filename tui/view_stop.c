/*
 * Where a thread is stopped: its stack, the locals of the innermost frame, what was evaluated
 * there, and below that the breakpoints. A row's id is its kind and its place; a breakpoint's is
 * its number, so that the selection stays with it.
 */
#include "config.h"
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "tui/detail_stop.h"
#include "tui/format.h"
#include "tui/glyph.h"

enum row_kind {
    ROW_STATE,
    ROW_FRAME,
    ROW_LOCAL,
    ROW_CUT,
    ROW_ANSWER,
    ROW_BREAKPOINT,
    ROW_TITLE,
    ROW_TASK,
    ROW_THREAD,
    ROW_MORE, /* of tasks, of threads */
};

enum title {
    TITLE_STACK,
    TITLE_LOCALS,
    TITLE_ANSWER,
    TITLE_BREAKPOINTS,
    TITLE_TASKS,
    TITLE_THREADS
};

enum {
    WIDE_COLS = 100,
    NARROW_COLS = 70, /* narrower: the pane beside the source */
    SIZE_COLS = 9,
    HITS_COLS = 8,
    STATE_COLS = 12,
    NUMBER_COLS = 7,
    ROW_BYTES_MAX = 16384
};

static uint64_t row_id(enum row_kind kind, uint32_t place)
{
    return (uint64_t)kind << 32 | place;
}

static enum row_kind kind_of(uint64_t id)
{
    return (enum row_kind)(id >> 32);
}

static const struct stop_frame *frame_of(const struct model *model, uint64_t id)
{
    const struct stop *stop = &model->stop;
    bool is_one = kind_of(id) == ROW_FRAME && (uint32_t)id < stop->frame_count;
    return is_one ? &stop->frames[(uint32_t)id] : NULL;
}

static const struct stop_local *local_of(const struct model *model, uint64_t id)
{
    const struct stop *stop = &model->stop;
    bool is_one = kind_of(id) == ROW_LOCAL && (uint32_t)id < stop->local_count;
    return is_one ? &stop->locals[(uint32_t)id] : NULL;
}

static const struct stop_other *other_of(const struct model *model, uint64_t id)
{
    const struct stop *stop = &model->stop;
    const struct stop_others *others = kind_of(id) == ROW_TASK     ? &stop->tasks
                                       : kind_of(id) == ROW_THREAD ? &stop->threads
                                                                   : NULL;
    return others && (uint32_t)id < others->count ? &others->items[(uint32_t)id] : NULL;
}

static const struct breakpoint *breakpoint_of(const struct model *model, uint64_t id)
{
    return kind_of(id) == ROW_BREAKPOINT ? breakpoints_find(&model->breakpoints, (uint32_t)id)
                                         : NULL;
}

const struct stop_frame *view_stop_frame(const struct ui *ui, const struct model *shown)
{
    uint64_t id;
    return list_selected(&ui->lists[VIEW_STOP], &id) ? frame_of(shown, id) : NULL;
}

const struct stop_local *view_stop_local(const struct ui *ui, const struct model *shown)
{
    uint64_t id;
    return list_selected(&ui->lists[VIEW_STOP], &id) ? local_of(shown, id) : NULL;
}

const struct stop_other *view_stop_other(const struct ui *ui, const struct model *shown)
{
    uint64_t id;
    return list_selected(&ui->lists[VIEW_STOP], &id) ? other_of(shown, id) : NULL;
}

const struct breakpoint *view_stop_breakpoint(const struct ui *ui, const struct model *shown)
{
    uint64_t id;
    return list_selected(&ui->lists[VIEW_STOP], &id) ? breakpoint_of(shown, id) : NULL;
}

/* ---- rows ---- */

static void add_row(const struct view_context *context, struct list *list, enum row_kind kind,
                    uint32_t place)
{
    if (view_passes(&view_stop, context, list->filter, row_id(kind, place)))
        list_add(list, row_id(kind, place));
}

static void add_rows(const struct view_context *context, struct list *list, enum title title,
                     enum row_kind kind, size_t count)
{
    if (count)
        add_row(context, list, ROW_TITLE, title);
    for (uint32_t i = 0; i < count; i++)
        add_row(context, list, kind, i);
}

static void add_breakpoints(const struct view_context *context, struct list *list)
{
    const struct breakpoints *set = &context->model->breakpoints;
    bool titled = false;
    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i].is_temporary)
            continue;
        if (!titled)
            add_row(context, list, ROW_TITLE, TITLE_BREAKPOINTS);
        titled = true;
        add_row(context, list, ROW_BREAKPOINT, set->items[i].number);
    }
}

/* One thread is the one that is stopped, of which all is said already. */
static void add_others(const struct view_context *context, struct list *list)
{
    const struct stop *stop = &context->model->stop;
    add_rows(context, list, TITLE_TASKS, ROW_TASK, stop->tasks.count);
    if (stop->tasks.more)
        add_row(context, list, ROW_MORE, TITLE_TASKS);
    if (stop->threads.count > 1)
        add_rows(context, list, TITLE_THREADS, ROW_THREAD, stop->threads.count);
    if (stop->threads.more)
        add_row(context, list, ROW_MORE, TITLE_THREADS);
}

static bool has_answer(const struct stop *stop)
{
    return stop->is_stopped && stop->expression && (stop->answer || stop->is_evaluating);
}

static void stop_rows(struct ui *ui, const struct model *model, struct list *list)
{
    const struct view_context context = {.ui = ui, .model = model};
    const struct stop *stop = &model->stop;
    add_row(&context, list, ROW_STATE, 0);
    if (stop->is_stopped) {
        add_rows(&context, list, TITLE_STACK, ROW_FRAME, stop->frame_count);
        add_rows(&context, list, TITLE_ANSWER, ROW_ANSWER, has_answer(stop));
        add_rows(&context, list, TITLE_LOCALS, ROW_LOCAL, stop->local_count);
        if (stop->is_cut)
            add_row(&context, list, ROW_CUT, 0);
        add_others(&context, list);
    }
    add_breakpoints(&context, list);
}

/* ---- texts ---- */

static void state_text(const struct model *model, struct buf *out)
{
    if (!model->stop.is_stopped)
        buf_printf(out, "nothing is paused: i pauses before the next line that runs, b in the "
                        "source sets a breakpoint");
    detail_stop_why(model, out);
}

static const char *title_text(uint32_t title)
{
    static const char *const titles[] = {"Stack",       "Locals", "Evaluated",
                                         "Breakpoints", "Tasks",  "Threads"};
    return titles[title];
}

/* "One/__init__.py:27", or that it is nowhere now. */
static void breakpoint_place(const struct model *model, const struct breakpoint *breakpoint,
                             struct buf *out)
{
    long file = model_find_file(model, breakpoint->path);
    const char *name = file < 0 ? breakpoint->path : model->files[file]->display;
    if (breakpoint->is_lost)
        buf_printf(out, "its line is gone: %s", name);
    else if (breakpoint->is_off)
        buf_printf(out, "off, its condition did not end: %s:%" PRIu32, name, breakpoint->line);
    else
        buf_printf(out, "%s:%" PRIu32, name, breakpoint->line);
}

static void local_text(const struct stop_local *local, struct buf *out)
{
    const char *const parts[] = {local->name, " ", local->type, " ", local->text};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        view_append(out, parts[i], strlen(parts[i]));
}

/* "#12", or "" for none. */
static void number_text(const struct stop_other *other, char out[FORMAT_SIZE])
{
    out[0] = '\0';
    if (other->number == 0)
        snprintf(out, FORMAT_SIZE, "load");
    else if (other->number != STOP_NO_NUMBER)
        snprintf(out, FORMAT_SIZE, "#%" PRIu64, other->number);
}

static void other_text(const struct stop_other *other, struct buf *out)
{
    char number[FORMAT_SIZE];
    number_text(other, number);
    const char *const parts[] = {other->name,     " ", other->state, " ", number, " ",
                                 other->function, " ", other->place};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        view_append(out, parts[i], strlen(parts[i]));
    if (other->line)
        buf_printf(out, ":%" PRIu32, other->line);
}

static void more_text(const struct model *model, uint64_t id, struct buf *out)
{
    bool tasks = (uint32_t)id == TITLE_TASKS;
    uint64_t more = tasks ? model->stop.tasks.more : model->stop.threads.more;
    buf_printf(out, "and %" PRIu64 " more %s%s", more, tasks ? "task" : "thread",
               more == 1 ? "" : "s");
}

static void stop_text(const struct view_context *context, uint64_t id, struct buf *out)
{
    const struct model *model = context->model;
    const struct stop_frame *frame = frame_of(model, id);
    const struct stop_local *local = local_of(model, id);
    const struct breakpoint *breakpoint = breakpoint_of(model, id);
    if (frame)
        buf_printf(out, "%s %s:%" PRIu32, frame->name, frame->place, frame->line);
    else if (local)
        local_text(local, out);
    else if (other_of(model, id))
        other_text(other_of(model, id), out);
    else if (kind_of(id) == ROW_MORE)
        more_text(model, id, out);
    else if (kind_of(id) == ROW_ANSWER)
        detail_stop_answer(model, out);
    else if (kind_of(id) == ROW_CUT)
        buf_printf(out, "and more that has no room here; : shows one");
    else if (kind_of(id) == ROW_TITLE)
        buf_printf(out, "%s", title_text((uint32_t)id));
    else if (kind_of(id) == ROW_STATE)
        state_text(model, out);
    if (!breakpoint)
        return;
    breakpoint_place(model, breakpoint, out);
    buf_printf(out, " %s %s", breakpoint->condition, breakpoint->text);
}

/* ---- drawing ---- */

/* A field of `cols` columns of outside text, of which the search is marked. */
static void draw_field(const struct view_context *context, struct pen *pen, int cols,
                       enum style style, const char *text)
{
    struct pen field = *pen;
    field.end = pen->col + cols - 1 < pen->end ? pen->col + cols - 1 : pen->end;
    view_draw_text(context, &field, text, strlen(text), NULL, style, 0);
    pen_skip(pen, cols);
}

static void draw_rest(const struct view_context *context, struct pen *pen, enum style style,
                      const char *text)
{
    view_draw_text(context, pen, text, strlen(text), NULL, style, 0);
}

static int name_cols(const struct view_context *context)
{
    return context->rect.cols >= WIDE_COLS ? 28 : context->rect.cols >= NARROW_COLS ? 18 : 14;
}

static int type_cols(const struct view_context *context)
{
    return context->rect.cols >= WIDE_COLS ? 20 : context->rect.cols >= NARROW_COLS ? 14 : 10;
}

/* "Work/__init__.py:27": of what has no room, not the line. */
static void draw_place(const struct view_context *context, const char *path, uint32_t number,
                       struct pen *pen)
{
    char line[FORMAT_SIZE];
    snprintf(line, sizeof line, ":%" PRIu32, number);
    struct pen place = *pen;
    place.end -= (int)strlen(line) < pen_left(&place) ? (int)strlen(line) : 0;
    draw_rest(context, &place, STYLE_TEXT, path);
    pen->col = place.col;
    pen_text(pen, STYLE_TEXT, line);
}

static void draw_frame(const struct view_context *context, const struct stop_frame *frame,
                       bool innermost, struct pen *pen)
{
    pen_text(pen, STYLE_RUNNING, innermost ? ">  " : "   ");
    draw_field(context, pen, name_cols(context), STYLE_DEFINITION, frame->name);
    draw_place(context, frame->place, frame->line, pen);
}

static void draw_local(const struct view_context *context, const struct stop_local *local,
                       struct pen *pen)
{
    char size[FORMAT_SIZE] = "?";
    pen_skip(pen, 3);
    draw_field(context, pen, name_cols(context), STYLE_STRONG, local->name);
    draw_field(context, pen, type_cols(context), STYLE_NAME, local->type);
    if (local->bytes >= 0)
        format_bytes(size, local->bytes);
    pen_field(pen, local->bytes < 0 ? STYLE_DIM : STYLE_NUMBER, SIZE_COLS, true, size);
    pen_skip(pen, 2);
    draw_rest(context, pen, STYLE_TEXT, local->text);
}

static void draw_other(const struct view_context *context, const struct stop_other *other,
                       struct pen *pen)
{
    char number[FORMAT_SIZE];
    bool is_here = strcmp(other->state, "paused") == 0;
    number_text(other, number);
    pen_text(pen, STYLE_RUNNING, is_here ? ">  " : "   ");
    draw_field(context, pen, name_cols(context), STYLE_STRONG, other->name);
    draw_field(context, pen, STATE_COLS, is_here ? STYLE_WARNING : STYLE_TEXT, other->state);
    draw_field(context, pen, NUMBER_COLS, STYLE_NUMBER, number);
    if (other->function[0])
        draw_rest(context, pen, STYLE_DEFINITION, other->function);
    if (!other->line)
        return;
    pen_skip(pen, other->function[0] ? 2 : 0);
    draw_place(context, other->place, other->line, pen);
}

static void draw_breakpoint(const struct view_context *context, const struct breakpoint *breakpoint,
                            struct pen *pen)
{
    char hits[FORMAT_SIZE];
    struct buf place;
    buf_init(&place, ROW_BYTES_MAX);
    breakpoint_place(context->model, breakpoint, &place);
    format_count(hits, breakpoint->hits);
    bool holds = !breakpoint->is_lost && !breakpoint->is_off;
    pen_text(pen, holds ? STYLE_ERROR : STYLE_DIM, holds ? "b" : "-");
    pen_field(pen, STYLE_NUMBER, HITS_COLS, true, hits);
    pen_skip(pen, 2);
    draw_field(context, pen, pen_left(pen) / 2, holds ? STYLE_TEXT : STYLE_WARNING,
               buf_text(&place));
    draw_rest(context, pen, STYLE_TEXT, breakpoint->condition);
    buf_fini(&place);
}

static void draw_title(const struct view_context *context, enum title title, struct pen *pen)
{
    pen_skip(pen, 1);
    if (title == TITLE_LOCALS) {
        pen_field(pen, STYLE_TITLE, name_cols(context) + 2, false, title_text(title));
        pen_field(pen, STYLE_DIM, type_cols(context), false, "Type");
        pen_field(pen, STYLE_DIM, SIZE_COLS, true, "Deep size");
        pen_skip(pen, 2);
        pen_text(pen, STYLE_DIM, "Value");
    } else if (title == TITLE_STACK && context->model->stop.thread) {
        pen_field(pen, STYLE_TITLE, name_cols(context) + 2, false, title_text(title));
        pen_printf(pen, STYLE_DIM, "thread %s", context->model->stop.thread);
    } else if (title == TITLE_TASKS || title == TITLE_THREADS) {
        pen_field(pen, STYLE_TITLE, name_cols(context) + 2, false, title_text(title));
        pen_field(pen, STYLE_DIM, STATE_COLS, false, "state");
        pen_field(pen, STYLE_DIM, NUMBER_COLS, false, "for");
        pen_text(pen, STYLE_DIM,
                 title == TITLE_TASKS ? "coroutine, line, when it paused"
                                      : "function, line, when it paused");
    } else if (title == TITLE_BREAKPOINTS) {
        pen_field(pen, STYLE_TITLE, name_cols(context) + 2, false, title_text(title));
        pen_text(pen, STYLE_DIM, "how often they paused, line, condition");
    } else {
        pen_text(pen, STYLE_TITLE, title_text(title));
    }
}

/* What is one sentence. */
static void draw_sentence(const struct view_context *context, uint64_t id, struct pen *pen)
{
    const struct stop *stop = &context->model->stop;
    bool failed = kind_of(id) == ROW_ANSWER && stop->has_failed;
    bool tells_stop = kind_of(id) == ROW_STATE && stop->is_stopped;
    struct buf text;
    buf_init(&text, ROW_BYTES_MAX);
    stop_text(context, id, &text);
    pen_skip(pen, kind_of(id) == ROW_STATE ? 1 : 3);
    draw_rest(context, pen,
              failed       ? STYLE_ERROR
              : tells_stop ? STYLE_WARNING
                           : STYLE_TEXT,
              buf_text(&text));
    buf_fini(&text);
}

static void stop_row(const struct view_context *context, uint64_t id, int part, struct pen *pen)
{
    const struct stop_frame *frame = frame_of(context->model, id);
    const struct stop_local *local = local_of(context->model, id);
    const struct breakpoint *breakpoint = breakpoint_of(context->model, id);
    (void)part;
    if (frame)
        draw_frame(context, frame, (uint32_t)id == 0, pen);
    else if (local)
        draw_local(context, local, pen);
    else if (other_of(context->model, id))
        draw_other(context, other_of(context->model, id), pen);
    else if (breakpoint)
        draw_breakpoint(context, breakpoint, pen);
    else if (kind_of(id) == ROW_TITLE)
        draw_title(context, (enum title)(uint32_t)id, pen);
    else
        draw_sentence(context, id, pen);
}

static void stop_heading(const struct view_context *context, struct pen *pen)
{
    const struct stop *stop = &context->model->stop;
    pen_skip(pen, 1);
    if (!stop->is_stopped)
        pen_text(pen, STYLE_HEADING, "Breakpoints");
    else if (stop->number == 0)
        pen_text(pen, STYLE_HEADING, "Paused while the app is imported");
    else if (!invocations_find(&context->model->invocations, stop->number))
        pen_text(pen, STYLE_HEADING, "Paused outside of every invocation");
    else
        pen_printf(pen, STYLE_HEADING, "Paused in invocation %" PRIu64, stop->number);
}

/* Of a task or a thread. */
static void draw_other_detail(const struct view_context *context, const struct stop_other *other,
                              struct pen *pen)
{
    pen_printf(pen, STYLE_STRONG, " %s  ", other->name);
    if (other->line && other->file != STOP_NO_FILE)
        view_draw_source(context, pen, other->file, other->line, 0, true);
    else
        pen_text(pen, STYLE_DIM, "is in no profiled line");
}

/* The source of a frame's line, a task's and of a breakpoint's, the whole of a value, and else what
 * the step did. */
static void stop_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    const struct stop_frame *frame = frame_of(context->model, id);
    const struct stop_local *local = local_of(context->model, id);
    const struct breakpoint *breakpoint = breakpoint_of(context->model, id);
    if (frame && (uint32_t)id > 0) {
        pen_printf(pen, STYLE_STRONG, " line %" PRIu32 "  ", frame->line);
        view_draw_source(context, pen, frame->file, frame->line, 0, true);
    } else if (other_of(context->model, id)) {
        draw_other_detail(context, other_of(context->model, id), pen);
    } else if (local) {
        pen_printf(pen, STYLE_STRONG, " %s  ", local->name);
        draw_rest(context, pen, STYLE_TEXT, local->text);
    } else if (breakpoint) {
        pen_printf(pen, STYLE_STRONG, " line %" PRIu32 "  ", breakpoint->line);
        draw_rest(context, pen, STYLE_TEXT, breakpoint->text);
    } else {
        detail_draw_step(context->model, pen);
    }
}

const struct view view_stop = {
    .name = "stop",
    .empty = "nothing is paused, and there is no breakpoint",
    .rows = stop_rows,
    .text = stop_text,
    .heading = stop_heading,
    .row = stop_row,
    .detail = stop_detail,
    .selects = true,
};
