/*
 * The image is one column: title, what the peak is, legend, chart, lanes. All places are computed
 * from the width and from what there is to show, so that the narrow one is the same picture with
 * larger letters beside its lines.
 *
 * A line has at most four points for each unit of width: the first, the least, the most and the
 * last of the samples there. That is what the eye would see of all of them.
 */
#include "config.h"
#include "report/plot_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/size.h"
#include "report/axis.h"

/* ---- pieces ---- */

static const char *number(char out[MARKUP_NUMBER], double value)
{
    return markup_number(out, value, 1);
}

static void put_line(struct plot *plot, const char *classes, double x1, double y1, double x2,
                     double y2)
{
    char a[MARKUP_NUMBER], b[MARKUP_NUMBER], c[MARKUP_NUMBER], d[MARKUP_NUMBER];
    markup_printf(&plot->markup, "<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>\n",
                  classes, number(a, x1), number(b, y1), number(c, x2), number(d, y2));
}

/* Open a text element; the caller writes the text, and closes it. */
static void open_text(struct plot *plot, const char *classes, const char *anchor, double x,
                      double y)
{
    char a[MARKUP_NUMBER], b[MARKUP_NUMBER];
    markup_printf(&plot->markup, "<text class=\"%s\" text-anchor=\"%s\" x=\"%s\" y=\"%s\">",
                  classes, anchor, number(a, x), number(b, y));
}

static void put_text(struct plot *plot, const char *classes, const char *anchor, double x, double y,
                     const char *text)
{
    open_text(plot, classes, anchor, x, y);
    markup_text(&plot->markup, text, 0);
    markup_put(&plot->markup, "</text>\n");
}

/* "109.7 MiB", or "+1.2 MiB" with a sign. */
static void put_memory(struct plot *plot, double bytes, bool is_signed)
{
    char text[MARKUP_NUMBER];
    struct axis_unit unit = axis_unit(fabs(bytes));
    markup_printf(&plot->markup, "%s%s %s", is_signed && bytes >= 0 ? "+" : "",
                  number(text, bytes / unit.bytes), unit.name);
}

/* ---- the image ---- */

static void put_peak_words(struct plot *plot)
{
    char text[MARKUP_NUMBER];
    if (!plot->peak)
        return;
    markup_put(&plot->markup, plot_has_legend(plot) ? "peak of the main process " : "peak ");
    put_memory(plot, (double)plot->peak->bytes, false);
    markup_printf(&plot->markup, " at %s s",
                  markup_number(text, plot_seconds(plot, plot->peak->time_ns), 2));
}

static void put_slope_words(struct plot *plot, const char *before)
{
    char text[MARKUP_NUMBER];
    double slope, at_from;
    if (!plot->options->slope ||
        !series_slope(plot->series, plot->from_ns, plot->to_ns, &slope, &at_from))
        return;
    markup_printf(&plot->markup, "%sslope %s%s MiB a second", before, slope >= 0 ? "+" : "",
                  markup_number(text, slope / MIB_BYTES, 3));
}

static void put_head(struct plot *plot, const struct plot_place *place)
{
    bool two_rows = plot_has_slope_row(plot, place->width);
    open_text(plot, "title", "start", PLOT_LEFT, 24);
    markup_text(&plot->markup, plot->title,
                (size_t)((place->width - PLOT_LEFT - PLOT_RIGHT) / (PLOT_LETTER + 2)));
    markup_put(&plot->markup, "</text>\n");
    open_text(plot, "faint", "start", PLOT_LEFT, 44);
    put_peak_words(plot);
    if (two_rows) {
        markup_put(&plot->markup, "</text>\n");
        open_text(plot, "faint", "start", PLOT_LEFT, 44 + PLOT_HEAD_ROW);
    }
    put_slope_words(plot, two_rows ? "" : ", ");
    markup_put(&plot->markup, "</text>\n");
}

static void put_track_name(struct plot *plot, size_t track)
{
    uint64_t pid = plot->series->tracks[track].pid;
    if (pid == SERIES_MAIN)
        markup_put(&plot->markup, "main process");
    else
        markup_printf(&plot->markup, "child %" PRIu64, pid);
}

static void put_legend(struct plot *plot, const struct plot_place *place)
{
    size_t columns = plot_legend_columns(place->width);
    for (size_t i = 0; plot_has_legend(plot) && i < plot->track_count; i++) {
        double x = PLOT_LEFT + (double)(i % columns) * PLOT_LEGEND_COLUMN;
        size_t row = i / columns;
        double y = place->head + (double)row * PLOT_LEGEND_ROW + 8;
        size_t track = plot->tracks[i];
        char classes[32];
        snprintf(classes, sizeof classes, "track s%zu%s", i % PLOT_COLORS, track ? " child" : "");
        put_line(plot, classes, x, y - 4, x + 22, y - 4);
        open_text(plot, "faint", "start", x + 28, y);
        put_track_name(plot, track);
        markup_put(&plot->markup, ", peak ");
        put_memory(plot, (double)plot_track_peak(plot, track)->bytes, false);
        markup_put(&plot->markup, "</text>\n");
    }
}

static void put_memory_axis(struct plot *plot, const struct plot_place *place)
{
    char text[MARKUP_NUMBER];
    int ticks = (int)floor((place->high - place->low) / place->step + 1e-9);
    for (int i = 0; i <= ticks; i++) {
        double value = place->low + i * place->step;
        double y = plot_y(place, value * place->unit.bytes);
        put_line(plot, "grid", PLOT_LEFT, y, place->width - PLOT_RIGHT, y);
        put_text(plot, "faint", "end", PLOT_LEFT - 6, y + 4,
                 markup_number(text, value, axis_digits(place->step)));
    }
    put_text(plot, "faint", "end", PLOT_LEFT - 6, place->chart_top - 6, place->unit.name);
}

/* The grid of time goes on through the lanes, where there are any. */
static void put_time_axis(struct plot *plot, const struct plot_place *place)
{
    char text[MARKUP_NUMBER];
    double from = plot_seconds(plot, plot->from_ns), to = plot_seconds(plot, plot->to_ns);
    double range = to - from, step = axis_time_step(range, (int)(place->width / 90));
    double first = ceil(from / step - 1e-9);
    for (int i = 0; (first + i) * step <= to + step * 1e-9; i++) {
        double seconds = (first + i) * step;
        double x = PLOT_LEFT + (place->width - PLOT_LEFT - PLOT_RIGHT) * (seconds - from) / range;
        put_line(plot, "grid", x, place->chart_top, x,
                 plot_lane_count(plot) ? place->lanes_bottom : place->chart_bottom);
        put_text(plot, "faint", "middle", x, place->chart_bottom + 17,
                 axis_time(text, seconds, step, to));
    }
    put_text(plot, "faint", "end", place->width - PLOT_RIGHT, place->chart_bottom + 34,
             axis_time_name(to));
    put_line(plot, "axis", PLOT_LEFT, place->chart_bottom, place->width - PLOT_RIGHT,
             place->chart_bottom);
}

static void put_point(struct plot *plot, const struct plot_place *place,
                      const struct series_sample *sample, bool is_first)
{
    char x[MARKUP_NUMBER], y[MARKUP_NUMBER];
    markup_printf(&plot->markup, "%s%s %s", is_first ? "M" : "L",
                  number(x, plot_x(plot, place, sample->time_ns)),
                  number(y, plot_y(place, (double)sample->bytes)));
}

/* The samples from `at` on, before `last`, that fall on the same unit of width as the first of
 * them: the points that show them. Returns the index behind them. */
static size_t put_column(struct plot *plot, const struct plot_place *place,
                         const struct series_track *track, size_t at, size_t last, bool is_first)
{
    double column = floor(plot_x(plot, place, track->samples[at].time_ns));
    size_t least = at, most = at, end = at;
    for (; end < last && track->samples[end].time_ns <= plot->to_ns &&
           floor(plot_x(plot, place, track->samples[end].time_ns)) <= column;
         end++) {
        least = track->samples[end].bytes < track->samples[least].bytes ? end : least;
        most = track->samples[end].bytes > track->samples[most].bytes ? end : most;
    }
    size_t points[] = {at, least < most ? least : most, least < most ? most : least, end - 1};
    for (size_t i = 0; i < 4; i++)
        if (i == 0 || points[i] != points[i - 1])
            put_point(plot, place, &track->samples[points[i]], is_first && i == 0);
    return end;
}

/* mprof goes on with zeros for a child that has ended: the line ends with the first of them. */
static size_t track_end(const struct series_track *track)
{
    size_t end = track->count;
    while (track->pid != SERIES_MAIN && end > 1 && track->samples[end - 1].bytes == 0 &&
           track->samples[end - 2].bytes == 0)
        end--;
    return end;
}

static void put_track(struct plot *plot, const struct plot_place *place, size_t n)
{
    const struct series_track *track = &plot->series->tracks[plot->tracks[n]];
    size_t at = 0, end = track_end(track);
    while (track->samples[at].time_ns < plot->from_ns) /* one of them is in the part */
        at++;
    markup_printf(&plot->markup, "<path class=\"track s%zu%s\" d=\"", n % PLOT_COLORS,
                  plot->tracks[n] ? " child" : "");
    for (bool is_first = true; at < end && track->samples[at].time_ns <= plot->to_ns;
         is_first = false)
        at = put_column(plot, place, track, at, end, is_first);
    markup_put(&plot->markup, "\"><title>");
    put_track_name(plot, plot->tracks[n]);
    markup_put(&plot->markup, "</title></path>\n");
}

static void put_slope(struct plot *plot, const struct plot_place *place)
{
    double slope, at_from;
    if (!plot->options->slope ||
        !series_slope(plot->series, plot->from_ns, plot->to_ns, &slope, &at_from))
        return;
    double seconds = (double)(plot->to_ns - plot->from_ns) / NS_PER_SECOND;
    put_line(plot, "slope", PLOT_LEFT, plot_y(place, at_from), place->width - PLOT_RIGHT,
             plot_y(place, at_from + slope * seconds));
}

/* A line at the peak's height, and a ring on it with its value on the side where there is room. */
static void put_peak(struct plot *plot, const struct plot_place *place)
{
    char a[MARKUP_NUMBER], b[MARKUP_NUMBER];
    if (!plot->peak)
        return;
    double x = plot_x(plot, place, plot->peak->time_ns),
           y = plot_y(place, (double)plot->peak->bytes);
    bool is_left = x < place->width / 2;
    put_line(plot, "peak", PLOT_LEFT, y, place->width - PLOT_RIGHT, y);
    markup_printf(&plot->markup, "<circle class=\"dot\" cx=\"%s\" cy=\"%s\" r=\"4\"/>\n",
                  number(a, x), number(b, y));
    open_text(plot, "", is_left ? "start" : "end", is_left ? x + 8 : x - 8, y - 7);
    put_memory(plot, (double)plot->peak->bytes, false);
    markup_put(&plot->markup, "</text>\n");
}

static void put_bar(struct plot *plot, size_t color, double x1, double x2, double y)
{
    char a[MARKUP_NUMBER], b[MARKUP_NUMBER], c[MARKUP_NUMBER];
    markup_printf(&plot->markup,
                  "<rect class=\"f%zu\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%d\"/>\n", color,
                  number(a, x1), number(b, y), number(c, fmax(x2 - x1, 1)), PLOT_LANE_BAR);
}

/* Intervals that touch on the picture are one bar, so that there are no more bars than it has room
 * for. */
static void put_bars(struct plot *plot, const struct plot_place *place, size_t lane, double y)
{
    size_t color = lane % PLOT_COLORS;
    double x1 = 0, x2 = -1;
    for (size_t i = 0; i < plot->series->span_count; i++) {
        const struct series_span *span = &plot->series->spans[i];
        if (span->function != plot->functions[lane].function || !plot_shows_span(plot, span))
            continue;
        double begin = plot_x(plot, place, span->begin_ns), end = plot_x(plot, place, span->end_ns);
        if (x2 >= 0 && begin <= x2 + 0.5) {
            x2 = fmax(x2, end);
            continue;
        }
        if (x2 >= 0)
            put_bar(plot, color, x1, x2, y);
        x1 = begin;
        x2 = end;
    }
    put_bar(plot, color, x1, x2, y);
}

static void put_lane(struct plot *plot, const struct plot_place *place, size_t lane)
{
    const struct plot_function *function = &plot->functions[lane];
    double y = place->chart_bottom + PLOT_AXIS + (double)lane * PLOT_LANE;
    size_t columns = (size_t)((place->width - PLOT_LEFT - PLOT_RIGHT) / PLOT_LETTER);
    char seconds[MARKUP_NUMBER];
    open_text(plot, "", "start", PLOT_LEFT, y + 11);
    markup_text(&plot->markup, plot->series->functions[function->function].name,
                columns > 42 ? columns - 32 : 10);
    markup_printf(&plot->markup, "<tspan class=\"faint\"> %" PRIu64 "%s %s s, ", function->calls,
                  function->calls == 1 ? " call," : " calls,",
                  markup_number(seconds, function->seconds, 2));
    put_memory(plot, (double)function->increment_bytes, true);
    markup_put(&plot->markup, "</tspan></text>\n");
    put_bars(plot, place, lane, y + 16);
}

static void put_lanes(struct plot *plot, const struct plot_place *place)
{
    size_t lanes = plot_lane_count(plot);
    for (size_t i = 0; i < lanes; i++)
        put_lane(plot, place, i);
    if (lanes == 0 || plot->function_total <= plot->function_count)
        return;
    open_text(plot, "faint", "start", PLOT_LEFT,
              place->chart_bottom + PLOT_AXIS + (double)lanes * PLOT_LANE + 11);
    markup_printf(&plot->markup, "and %zu more functions, of less time</text>\n",
                  plot->function_total - plot->function_count);
}

void plot_image(struct plot *plot, double width, bool is_inner)
{
    struct plot_place place = plot_place_init(plot, width);
    char a[MARKUP_NUMBER], b[MARKUP_NUMBER];
    number(a, width);
    number(b, place.height);
    markup_printf(&plot->markup, "<svg class=\"plot %s\" role=\"img\" viewBox=\"0 0 %s %s\"",
                  width < PLOT_WIDE ? "narrow" : "wide", a, b);
    if (!is_inner)
        markup_printf(&plot->markup,
                      " width=\"%s\" height=\"%s\" xmlns=\"http://www.w3.org/2000/svg\"", a, b);
    markup_put(&plot->markup, ">\n<title>Memory over time: ");
    markup_text(&plot->markup, plot->title, 0);
    markup_put(&plot->markup, "</title>\n");
    if (!is_inner) {
        markup_put(&plot->markup, "<style>\n");
        plot_style(plot);
        markup_put(&plot->markup, "</style>\n");
    }
    markup_printf(&plot->markup, "<rect class=\"paper\" width=\"%s\" height=\"%s\"/>\n", a, b);
    put_head(plot, &place);
    put_legend(plot, &place);
    put_memory_axis(plot, &place);
    put_time_axis(plot, &place);
    for (size_t i = plot->track_count; i > 0; i--)
        put_track(plot, &place, i - 1);
    put_slope(plot, &place);
    put_peak(plot, &place);
    put_lanes(plot, &place);
    markup_put(&plot->markup, "</svg>\n");
}

int plot_svg(const struct series *series, const struct plot_options *options, struct buf *out,
             struct error *error)
{
    struct plot plot;
    int result = plot_init(&plot, series, options, out, error);
    if (!result) {
        plot_image(&plot, PLOT_WIDE, false);
        result = plot_finish(&plot, error);
    }
    plot_fini(&plot);
    return result;
}
