/*
 * A column of the curve is a stretch of time, and shows the most that memory was in it. The place
 * where one is lies in the stretch that holds the event's time, and a click means the end of its
 * stretch, so that one comes to where one has clicked.
 */
#include "config.h"
#include "tui/scrubber.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "tui/format.h"

enum { TEXT_COLS = 56, STEPS = 8, BLANK = ' ', FULL_BLOCK = 0x2588 };

static const struct replay_at *at_of(const struct ui *ui)
{
    return &ui->replay.at;
}

static bool is_one_row(const struct ui *ui)
{
    return ui->layout.foot_rows == 1;
}

/* Where the curve is; without columns where there is no room for it. */
static struct rect curve_rect(const struct ui *ui)
{
    const struct layout *layout = &ui->layout;
    int left = is_one_row(ui) ? TEXT_COLS : 1, rows = layout->foot_rows - !is_one_row(ui);
    int cols = ui->cols - left - 1;
    return (struct rect){layout->foot_row, left, rows, cols > 0 ? cols : 0};
}

/* From the first event to the last, both included. */
static uint64_t span_ns(const struct ui *ui)
{
    const struct replay_at *at = at_of(ui);
    return at->end_ns > at->begin_ns ? at->end_ns - at->begin_ns + 1 : 1;
}

static int column_of(const struct ui *ui, int cols, uint64_t time_ns)
{
    const struct replay_at *at = at_of(ui);
    uint64_t past_ns = time_ns > at->begin_ns ? time_ns - at->begin_ns : 0;
    double share = (double)past_ns / (double)span_ns(ui);
    int col = (int)(share * cols);
    return col < cols ? col : cols - 1;
}

bool scrubber_time(const struct ui *ui, int row, int col, uint64_t *time_ns)
{
    struct rect rect = curve_rect(ui);
    if (!ui->replay.is_on || ui->layout.too_small || !rect_holds(&rect, row, col))
        return false;
    double share = (double)(col - rect.col + 1) / rect.cols;
    uint64_t past_ns = (uint64_t)(share * (double)span_ns(ui));
    *time_ns = at_of(ui)->begin_ns + (past_ns > 0 ? past_ns - 1 : 0);
    return true;
}

/* One column, from below: full blocks, then a part of one. */
static void draw_bar(struct grid *grid, const struct rect *rect, int col, int eighths)
{
    for (int i = 0; i < rect->rows; i++, eighths -= STEPS) {
        uint32_t code = eighths >= STEPS ? FULL_BLOCK
                        : eighths > 0    ? FULL_BLOCK - STEPS + (uint32_t)eighths
                                         : BLANK;
        grid_put(grid, rect->row + rect->rows - 1 - i, rect->col + col, code, 1, STYLE_SPARK);
    }
}

static void draw_bars(struct grid *grid, const struct rect *rect, const int64_t *bins)
{
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < rect->cols; i++) {
        if (bins[i] > 0 && bins[i] < least)
            least = bins[i];
        most = bins[i] > most ? bins[i] : most;
    }
    /* Without a least height, noise of some pages would fill it. */
    if (most > 0 && most - least < HEAT_WARM_BYTES)
        most = least + HEAT_WARM_BYTES;
    int steps = STEPS * rect->rows;
    for (int i = 0; i < rect->cols; i++) {
        double share = (double)(bins[i] - least) / (double)(most - least);
        if (bins[i] > 0)
            draw_bar(grid, rect, i, 1 + (int)(share * (steps - 1) + 0.5));
    }
}

/* The model's clock is that of the events' real times less what it was at zero. */
static void draw_curve(const struct ui *ui, struct grid *grid)
{
    const struct replay_at *at = at_of(ui);
    struct rect rect = curve_rect(ui);
    uint64_t zero_ns = at->time_ns - at->now_ns;
    if (rect.cols == 0)
        return;
    int64_t *bins = mem_calloc((size_t)rect.cols, sizeof *bins);
    if (ui->replay.curve && at->begin_ns >= zero_ns)
        timeline_bins(ui->replay.curve, at->begin_ns - zero_ns,
                      at->begin_ns - zero_ns + span_ns(ui), (size_t)rect.cols, bins);
    draw_bars(grid, &rect, bins);
    free(bins);
    int here = rect.col + column_of(ui, rect.cols, at->time_ns);
    for (int i = 0; i < rect.rows; i++)
        grid_mark(grid, rect.row + i, here, 1, MARK_CURSOR);
}

static void draw_named(struct pen *pen, const char *name, enum style style, const char *text)
{
    pen_text(pen, STYLE_NAME, name);
    pen_text(pen, style, text);
}

/* "  +1.0 MiB by line 21", of what came last; at a moment of how many, too. */
static void draw_change(struct pen *pen, const struct replay_at *at)
{
    const struct replay_change *change = &at->change;
    char text[2 * FORMAT_SIZE + 16], size[FORMAT_SIZE];
    if (change->kind == CHANGE_RSS) {
        format_delta(size, change->delta_bytes);
        draw_named(pen, "  ", STYLE_STRONG, size);
        snprintf(text, sizeof text, " by line %" PRIu32, change->line);
        pen_text(pen, STYLE_TEXT, change->line ? text : " by no line");
    } else if (change->kind != CHANGE_NONE && change->is_known) {
        snprintf(text, sizeof text, change->number ? "  #%" PRIu64 : "  load", change->number);
        pen_text(pen, STYLE_STRONG, text);
        pen_text(pen, STYLE_TEXT, change->kind == CHANGE_END ? " is over" : " begins");
    }
    snprintf(text, sizeof text, "  change %" PRIu64 " of %" PRIu64, at->moment, at->moments);
    if (at->moment)
        pen_text(pen, STYLE_NAME, text);
}

/* "14:02:03.120  event 512 of 10000  RSS 47.6 MiB  after 12.3 s of 1m03s", and what came last; or,
 * after the third change since that event, "event 512+3 of 10000". */
static void draw_text(const struct ui *ui, const struct model *model, struct grid *grid)
{
    const struct replay_at *at = at_of(ui);
    int row = ui->layout.foot_row + ui->layout.foot_rows - 1;
    struct pen pen = pen_at(grid, row, 0, is_one_row(ui) ? TEXT_COLS - 1 : ui->cols);
    char text[2 * FORMAT_SIZE + 16], past[FORMAT_SIZE], whole[FORMAT_SIZE], more[FORMAT_SIZE] = "";
    format_time(text, at->time_ns, 1);
    pen_skip(&pen, 1);
    pen_text(&pen, STYLE_STRONG, text);
    if (at->moment)
        snprintf(more, sizeof more, "+%" PRIu64, at->moment);
    snprintf(text, sizeof text, "%" PRIu64 "%s of %" PRIu64, at->event, more, at->last_event);
    draw_named(&pen, "  event ", STYLE_STRONG, text);
    format_size(text, model->rss_bytes);
    draw_named(&pen, "  RSS ", STYLE_STRONG, model->rss_bytes > 0 ? text : "-");
    format_duration(past, at->time_ns > at->begin_ns ? at->time_ns - at->begin_ns : 0);
    format_duration(whole, span_ns(ui) - 1);
    snprintf(text, sizeof text, "%s of %s", past, whole);
    if (is_one_row(ui))
        return;
    /* There may be room for one of them: between two events for what came. */
    if (at->moment)
        draw_change(&pen, at);
    draw_named(&pen, "  after ", STYLE_TEXT, text);
    if (!at->moment)
        draw_change(&pen, at);
}

void scrubber_draw(const struct ui *ui, const struct model *model, struct grid *grid)
{
    if (ui->layout.foot_rows == 0)
        return;
    draw_curve(ui, grid);
    draw_text(ui, model, grid);
}
