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
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/size.h"
#include "report/axis.h"

enum {
    LEFT = 62,
    RIGHT = 14,
    HEAD = 58,
    LEGEND_ROW = 20,
    LEGEND_COLUMN = 215,
    CHART = 300,
    AXIS = 46,
    LANE = 34,
    LANE_BAR = 8,
    LETTER = 7, /* a column of text at the usual size */
    COLORS = 8,
};

/* Where things of one image are. */
struct place {
    double width;
    double chart_top, chart_bottom;
    double lanes_bottom;
    double height;
    struct axis_unit unit;
    double low, high, step; /* of memory, in the unit */
};

static const char *number(char out[MARKUP_NUMBER], double value)
{
    return markup_number(out, value, 1);
}

/* ---- what there is to draw ---- */

double plot_seconds(const struct plot *plot, uint64_t time_ns)
{
    return time_ns >= plot->zero_ns ? (double)(time_ns - plot->zero_ns) / NS_PER_SECOND
                                    : -((double)(plot->zero_ns - time_ns) / NS_PER_SECOND);
}

static bool is_in_part(const struct plot *plot, uint64_t time_ns)
{
    return time_ns >= plot->from_ns && time_ns <= plot->to_ns;
}

static bool is_span_in_part(const struct plot *plot, const struct series_span *span)
{
    return span->begin_ns <= plot->to_ns && span->end_ns >= plot->from_ns;
}

const struct series_sample *plot_track_peak(const struct plot *plot, size_t track)
{
    const struct series_track *from = &plot->series->tracks[track];
    const struct series_sample *peak = NULL;
    for (size_t i = 0; i < from->count; i++)
        if (is_in_part(plot, from->samples[i].time_ns) &&
            (!peak || from->samples[i].bytes > peak->bytes))
            peak = &from->samples[i];
    return peak;
}

/* A point of time in seconds from the begin, within the series. */
static uint64_t time_at(uint64_t zero_ns, uint64_t end_ns, double seconds)
{
    if (!(seconds > 0))
        return zero_ns;
    double ns = seconds * (double)NS_PER_SECOND;
    return ns >= (double)(end_ns - zero_ns) ? end_ns : zero_ns + (uint64_t)ns;
}

static int set_part(struct plot *plot, struct error *error)
{
    uint64_t end_ns;
    if (!series_range(plot->series, &plot->zero_ns, &end_ns))
        return error_set(error, EXIT_STATUS_APP, "there is no sample and no function in it");
    if (plot->options->from_s > plot_seconds(plot, end_ns))
        return error_set(error, EXIT_STATUS_APP, "there is no sample in that part of it");
    plot->from_ns = time_at(plot->zero_ns, end_ns, plot->options->from_s);
    plot->to_ns = time_at(plot->zero_ns, end_ns, plot->options->to_s);
    if (plot->from_ns >= plot->to_ns) /* a single moment */
        plot->to_ns = plot->from_ns + NS_PER_MS;
    return 0;
}

static bool is_peak_higher(const struct plot *plot, size_t left, size_t right)
{
    return plot_track_peak(plot, left)->bytes > plot_track_peak(plot, right)->bytes;
}

/* The main process, then the children with the highest peaks, in the order in which they came. */
static void choose_tracks(struct plot *plot)
{
    size_t all = plot->series->track_count;
    plot->tracks = mem_calloc(PLOT_TRACKS_MAX + 1, sizeof *plot->tracks);
    for (size_t i = 0; i < all; i++) {
        if (!plot_track_peak(plot, i))
            continue;
        plot->track_total++;
        plot->tracks[plot->track_count++] = i;
        if (plot->track_count <= PLOT_TRACKS_MAX)
            continue;
        size_t least = 1;
        for (size_t k = 2; k < plot->track_count; k++)
            if (is_peak_higher(plot, plot->tracks[least], plot->tracks[k]))
                least = k;
        plot->track_count--;
        memmove(&plot->tracks[least], &plot->tracks[least + 1],
                (plot->track_count - least) * sizeof *plot->tracks);
    }
}

static int compare_times(const void *left, const void *right)
{
    const struct plot_function *a = left, *b = right;
    return (a->seconds < b->seconds) - (a->seconds > b->seconds);
}

static int compare_order(const void *left, const void *right)
{
    const struct plot_function *a = left, *b = right;
    return (a->function > b->function) - (a->function < b->function);
}

/* Those in which the most time went. */
static void choose_functions(struct plot *plot)
{
    const struct series *series = plot->series;
    struct plot_function *all = mem_calloc(series->function_count + 1, sizeof *all);
    size_t count = 0;
    for (size_t i = 0; i < series->span_count; i++) {
        const struct series_span *span = &series->spans[i];
        struct plot_function *function = &all[span->function];
        if (!is_span_in_part(plot, span))
            continue;
        function->calls++;
        function->seconds += (double)(span->end_ns - span->begin_ns) / NS_PER_SECOND;
        function->increment_bytes += span->end_bytes - span->begin_bytes;
    }
    for (size_t i = 0; i < series->function_count; i++) {
        if (!all[i].calls)
            continue;
        all[count] = all[i];
        all[count++].function = i;
    }
    qsort(all, count, sizeof *all, compare_times);
    plot->function_total = count;
    plot->function_count = count < PLOT_FUNCTIONS_MAX ? count : PLOT_FUNCTIONS_MAX;
    qsort(all, plot->function_count, sizeof *all, compare_order);
    for (size_t i = 0; i < plot->function_count; i++)
        series_function_peak(series, all[i].function, &all[i].peak_bytes);
    plot->functions = all;
}

int plot_init(struct plot *plot, const struct series *series, const struct plot_options *options,
              struct buf *out, struct error *error)
{
    *plot = (struct plot){.markup = {.out = out}, .series = series, .options = options};
    if (set_part(plot, error))
        return -1;
    plot->title = options->title ? options->title : series->command ? series->command : "memory";
    plot->peak = plot_track_peak(plot, 0);
    choose_tracks(plot);
    choose_functions(plot);
    if (plot->track_count == 0 && plot->function_count == 0)
        return error_set(error, EXIT_STATUS_APP, "there is no sample in that part of it");
    return 0;
}

void plot_fini(struct plot *plot)
{
    free(plot->tracks);
    free(plot->functions);
}

int plot_finish(struct plot *plot, struct error *error)
{
    return plot->markup.full
               ? error_set(error, EXIT_STATUS_SYSTEM, "the picture is longer than %zu bytes",
                           plot->markup.out->max_bytes)
               : 0;
}

/* ---- places ---- */

static bool has_legend(const struct plot *plot)
{
    return plot->track_count > 1;
}

static size_t legend_columns(double width)
{
    size_t columns = (size_t)((width - LEFT - RIGHT) / LEGEND_COLUMN);
    return columns ? columns : 1;
}

static size_t lane_count(const struct plot *plot)
{
    return plot->options->no_functions ? 0 : plot->function_count;
}

/* The least and the most that is drawn, in bytes. */
static void memory_range(const struct plot *plot, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t i = 0; i < plot->track_count; i++) {
        const struct series_track *track = &plot->series->tracks[plot->tracks[i]];
        for (size_t k = 0; k < track->count; k++) {
            if (!is_in_part(plot, track->samples[k].time_ns))
                continue;
            *low = fmin(*low, (double)track->samples[k].bytes);
            *high = fmax(*high, (double)track->samples[k].bytes);
        }
    }
    if (*low > *high)
        *low = *high = 0;
}

/* From 0 where that leaves at least half of the height to the changes. Small changes on top of a
 * large process are what one looks for, so that the axis begins below them otherwise. */
static void set_memory_axis(const struct plot *plot, struct place *place)
{
    double low, high;
    memory_range(plot, &low, &high);
    place->unit = axis_unit(high);
    low /= place->unit.bytes;
    high /= place->unit.bytes;
    if (low > 0 && high - low > high / 2)
        low = 0;
    double range = fmax(high - low, high > 0 ? high / 1000 : 1);
    place->step = axis_step(range * 1.12, 6);
    place->low = floor(low / place->step) * place->step;
    place->high = fmax(high + range * 0.1, place->low + place->step);
}

static struct place make_place(const struct plot *plot, double width)
{
    struct place place = {.width = width};
    size_t columns = legend_columns(width), lanes = lane_count(plot);
    size_t rows = has_legend(plot) ? (plot->track_count + columns - 1) / columns : 0;
    bool more = lanes > 0 && plot->function_total > plot->function_count;
    set_memory_axis(plot, &place);
    place.chart_top = HEAD + (double)rows * LEGEND_ROW;
    place.chart_bottom = place.chart_top + CHART;
    place.lanes_bottom = place.chart_bottom + AXIS + (double)(lanes + more) * LANE;
    place.height = place.lanes_bottom + 6;
    return place;
}

static double x_of(const struct plot *plot, const struct place *place, uint64_t time_ns)
{
    uint64_t at = time_ns < plot->from_ns ? plot->from_ns : time_ns;
    at = at > plot->to_ns ? plot->to_ns : at;
    return LEFT + (place->width - LEFT - RIGHT) * (double)(at - plot->from_ns) /
                      (double)(plot->to_ns - plot->from_ns);
}

static double y_of(const struct place *place, double bytes)
{
    double part = (bytes / place->unit.bytes - place->low) / (place->high - place->low);
    return place->chart_bottom - (place->chart_bottom - place->chart_top) * part;
}

/* ---- pieces ---- */

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

static const char *const colors[][COLORS] = {
    {"#0969da", "#bc4c00", "#1a7f37", "#8250df", "#cf222e", "#0b7a75", "#bf3989", "#8a6100"},
    {"#58a6ff", "#f0883e", "#3fb950", "#bc8cff", "#ff7b72", "#39c5bb", "#f778ba", "#d29922"},
};

static void put_colors(struct plot *plot, size_t theme)
{
    static const char *const plain[] = {
        "--paper:#ffffff;--ink:#1f2328;--faint:#59636e;--grid:#d1d9e0",
        "--paper:#0d1117;--ink:#e6edf3;--faint:#9198a1;--grid:#30363d",
    };
    markup_printf(&plot->markup, ":root{color-scheme:light dark;%s", plain[theme]);
    for (size_t i = 0; i < COLORS; i++)
        markup_printf(&plot->markup, ";--c%zu:%s", i, colors[theme][i]);
    markup_put(&plot->markup, "}\n");
}

void plot_style(struct plot *plot)
{
    put_colors(plot, 0);
    markup_put(&plot->markup, "@media (prefers-color-scheme:dark){\n");
    put_colors(plot, 1);
    markup_put(&plot->markup, "}\n"
                              ".plot text{font:12px system-ui,sans-serif;fill:var(--ink)}\n"
                              ".plot .paper{fill:var(--paper)}\n"
                              ".plot .title{font-size:15px;font-weight:600}\n"
                              ".plot .faint{fill:var(--faint)}\n"
                              ".plot .grid{stroke:var(--grid)}\n"
                              ".plot .axis{stroke:var(--faint)}\n"
                              ".plot .peak{stroke:var(--faint);stroke-dasharray:2 3}\n"
                              ".plot .slope{stroke:var(--ink);stroke-dasharray:8 4}\n"
                              ".plot .dot{fill:var(--paper);stroke:var(--ink);stroke-width:1.5}\n"
                              ".plot .track{fill:none;stroke-width:1.5;stroke-linejoin:round}\n"
                              ".plot .child{stroke-dasharray:5 2}\n");
    for (size_t i = 0; i < COLORS; i++)
        markup_printf(&plot->markup,
                      ".plot .s%zu{stroke:var(--c%zu)}.plot .f%zu{fill:var(--c%zu)}\n", i, i, i, i);
}

static void put_head(struct plot *plot, const struct place *place)
{
    char text[MARKUP_NUMBER];
    double slope, at_from;
    open_text(plot, "title", "start", LEFT, 24);
    markup_text(&plot->markup, plot->title, (size_t)((place->width - LEFT - RIGHT) / (LETTER + 2)));
    markup_put(&plot->markup, "</text>\n");
    open_text(plot, "faint", "start", LEFT, 44);
    if (plot->peak) {
        markup_put(&plot->markup, has_legend(plot) ? "peak of the main process " : "peak ");
        put_memory(plot, (double)plot->peak->bytes, false);
        markup_printf(&plot->markup, " at %s s",
                      markup_number(text, plot_seconds(plot, plot->peak->time_ns), 2));
    }
    if (plot->options->slope &&
        series_slope(plot->series, plot->from_ns, plot->to_ns, &slope, &at_from))
        markup_printf(&plot->markup, ", slope %s%s MiB a second", slope >= 0 ? "+" : "",
                      markup_number(text, slope / MIB_BYTES, 3));
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

static void put_legend(struct plot *plot, const struct place *place)
{
    size_t columns = legend_columns(place->width);
    for (size_t i = 0; has_legend(plot) && i < plot->track_count; i++) {
        double x = LEFT + (double)(i % columns) * LEGEND_COLUMN;
        size_t row = i / columns;
        double y = HEAD + (double)row * LEGEND_ROW + 8;
        size_t track = plot->tracks[i];
        char classes[32];
        snprintf(classes, sizeof classes, "track s%zu%s", i % COLORS, track ? " child" : "");
        put_line(plot, classes, x, y - 4, x + 22, y - 4);
        open_text(plot, "faint", "start", x + 28, y);
        put_track_name(plot, track);
        markup_put(&plot->markup, ", peak ");
        put_memory(plot, (double)plot_track_peak(plot, track)->bytes, false);
        markup_put(&plot->markup, "</text>\n");
    }
}

static void put_memory_axis(struct plot *plot, const struct place *place)
{
    char text[MARKUP_NUMBER];
    int ticks = (int)floor((place->high - place->low) / place->step + 1e-9);
    for (int i = 0; i <= ticks; i++) {
        double value = place->low + i * place->step;
        double y = y_of(place, value * place->unit.bytes);
        put_line(plot, "grid", LEFT, y, place->width - RIGHT, y);
        put_text(plot, "faint", "end", LEFT - 6, y + 4,
                 markup_number(text, value, axis_digits(place->step)));
    }
    put_text(plot, "faint", "end", LEFT - 6, place->chart_top - 6, place->unit.name);
}

/* The grid of time goes on through the lanes, where there are any. */
static void put_time_axis(struct plot *plot, const struct place *place)
{
    char text[MARKUP_NUMBER];
    double from = plot_seconds(plot, plot->from_ns), to = plot_seconds(plot, plot->to_ns);
    double range = to - from, step = axis_time_step(range, (int)(place->width / 90));
    double first = ceil(from / step - 1e-9);
    for (int i = 0; (first + i) * step <= to + step * 1e-9; i++) {
        double seconds = (first + i) * step;
        double x = LEFT + (place->width - LEFT - RIGHT) * (seconds - from) / range;
        put_line(plot, "grid", x, place->chart_top, x,
                 lane_count(plot) ? place->lanes_bottom : place->chart_bottom);
        put_text(plot, "faint", "middle", x, place->chart_bottom + 17,
                 axis_time(text, seconds, step, to));
    }
    put_text(plot, "faint", "end", place->width - RIGHT, place->chart_bottom + 34,
             axis_time_name(to));
    put_line(plot, "axis", LEFT, place->chart_bottom, place->width - RIGHT, place->chart_bottom);
}

static void put_point(struct plot *plot, const struct place *place,
                      const struct series_sample *sample, bool is_first)
{
    char x[MARKUP_NUMBER], y[MARKUP_NUMBER];
    markup_printf(&plot->markup, "%s%s %s", is_first ? "M" : "L",
                  number(x, x_of(plot, place, sample->time_ns)),
                  number(y, y_of(place, (double)sample->bytes)));
}

/* The samples from `at` on that fall on the same unit of width as the first of them: the points
 * that show them. Returns the index behind them. */
static size_t put_column(struct plot *plot, const struct place *place,
                         const struct series_track *track, size_t at, bool is_first)
{
    double column = floor(x_of(plot, place, track->samples[at].time_ns));
    size_t least = at, most = at, end = at;
    for (; end < track->count && track->samples[end].time_ns <= plot->to_ns &&
           floor(x_of(plot, place, track->samples[end].time_ns)) <= column;
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

static void put_track(struct plot *plot, const struct place *place, size_t n)
{
    const struct series_track *track = &plot->series->tracks[plot->tracks[n]];
    size_t at = 0;
    while (track->samples[at].time_ns < plot->from_ns) /* one of them is in the part */
        at++;
    markup_printf(&plot->markup, "<path class=\"track s%zu%s\" d=\"", n % COLORS,
                  plot->tracks[n] ? " child" : "");
    for (bool is_first = true; at < track->count && track->samples[at].time_ns <= plot->to_ns;
         is_first = false)
        at = put_column(plot, place, track, at, is_first);
    markup_put(&plot->markup, "\"><title>");
    put_track_name(plot, plot->tracks[n]);
    markup_put(&plot->markup, "</title></path>\n");
}

static void put_slope(struct plot *plot, const struct place *place)
{
    double slope, at_from;
    if (!plot->options->slope ||
        !series_slope(plot->series, plot->from_ns, plot->to_ns, &slope, &at_from))
        return;
    double seconds = (double)(plot->to_ns - plot->from_ns) / NS_PER_SECOND;
    put_line(plot, "slope", LEFT, y_of(place, at_from), place->width - RIGHT,
             y_of(place, at_from + slope * seconds));
}

/* A line at the peak's height, and a ring on it with its value on the side where there is room. */
static void put_peak(struct plot *plot, const struct place *place)
{
    char a[MARKUP_NUMBER], b[MARKUP_NUMBER];
    if (!plot->peak)
        return;
    double x = x_of(plot, place, plot->peak->time_ns), y = y_of(place, (double)plot->peak->bytes);
    bool is_left = x < place->width / 2;
    put_line(plot, "peak", LEFT, y, place->width - RIGHT, y);
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
                  number(a, x1), number(b, y), number(c, fmax(x2 - x1, 1)), LANE_BAR);
}

/* Intervals that touch on the picture are one bar, so that there are no more bars than it has room
 * for. */
static void put_bars(struct plot *plot, const struct place *place, size_t lane, double y)
{
    size_t color = lane % COLORS;
    double x1 = 0, x2 = -1;
    for (size_t i = 0; i < plot->series->span_count; i++) {
        const struct series_span *span = &plot->series->spans[i];
        if (span->function != plot->functions[lane].function || !is_span_in_part(plot, span))
            continue;
        double begin = x_of(plot, place, span->begin_ns), end = x_of(plot, place, span->end_ns);
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

static void put_lane(struct plot *plot, const struct place *place, size_t lane)
{
    const struct plot_function *function = &plot->functions[lane];
    double y = place->chart_bottom + AXIS + (double)lane * LANE;
    size_t columns = (size_t)((place->width - LEFT - RIGHT) / LETTER);
    char seconds[MARKUP_NUMBER];
    open_text(plot, "", "start", LEFT, y + 11);
    markup_text(&plot->markup, plot->series->functions[function->function].name,
                columns > 42 ? columns - 32 : 10);
    markup_printf(&plot->markup, "<tspan class=\"faint\"> %" PRIu64 "%s %s s, ", function->calls,
                  function->calls == 1 ? " call," : " calls,",
                  markup_number(seconds, function->seconds, 2));
    put_memory(plot, (double)function->increment_bytes, true);
    markup_put(&plot->markup, "</tspan></text>\n");
    put_bars(plot, place, lane, y + 16);
}

static void put_lanes(struct plot *plot, const struct place *place)
{
    size_t lanes = lane_count(plot);
    for (size_t i = 0; i < lanes; i++)
        put_lane(plot, place, i);
    if (lanes == 0 || plot->function_total <= plot->function_count)
        return;
    open_text(plot, "faint", "start", LEFT, place->chart_bottom + AXIS + (double)lanes * LANE + 11);
    markup_printf(&plot->markup, "and %zu more functions, of less time</text>\n",
                  plot->function_total - plot->function_count);
}

void plot_image(struct plot *plot, double width, bool is_inner)
{
    struct place place = make_place(plot, width);
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
