/*
 * What there is to draw: the part of the series, and of its processes and functions those that tell
 * the most.
 */
#include "config.h"
#include "report/plot_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

double plot_seconds(const struct plot *plot, uint64_t time_ns)
{
    return time_ns >= plot->zero_ns ? (double)(time_ns - plot->zero_ns) / NS_PER_SECOND
                                    : -((double)(plot->zero_ns - time_ns) / NS_PER_SECOND);
}

bool plot_shows(const struct plot *plot, uint64_t time_ns)
{
    return time_ns >= plot->from_ns && time_ns <= plot->to_ns;
}

bool plot_shows_span(const struct plot *plot, const struct series_span *span)
{
    return span->begin_ns <= plot->to_ns && span->end_ns >= plot->from_ns;
}

const struct series_sample *plot_track_peak(const struct plot *plot, size_t track)
{
    const struct series_track *from = &plot->series->tracks[track];
    const struct series_sample *peak = NULL;
    for (size_t i = 0; i < from->count; i++)
        if (plot_shows(plot, from->samples[i].time_ns) &&
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
        if (!plot_shows_span(plot, span))
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
