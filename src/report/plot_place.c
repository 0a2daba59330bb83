/* Where the pieces of an image are, by its width and by what there is to show. */
#include "config.h"
#include "report/plot_parts.h"

#include <math.h>

bool plot_has_legend(const struct plot *plot)
{
    return plot->track_count > 1;
}

bool plot_has_slope_row(const struct plot *plot, double width)
{
    return plot->options->slope && width < PLOT_WIDE;
}

size_t plot_legend_columns(double width)
{
    size_t columns = (size_t)((width - PLOT_LEFT - PLOT_RIGHT) / PLOT_LEGEND_COLUMN);
    return columns ? columns : 1;
}

size_t plot_lane_count(const struct plot *plot)
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
            if (!plot_shows(plot, track->samples[k].time_ns))
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
static void set_memory_axis(const struct plot *plot, struct plot_place *place)
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

struct plot_place plot_place_init(const struct plot *plot, double width)
{
    struct plot_place place = {.width = width};
    size_t columns = plot_legend_columns(width), lanes = plot_lane_count(plot);
    size_t rows = plot_has_legend(plot) ? (plot->track_count + columns - 1) / columns : 0;
    bool more = lanes > 0 && plot->function_total > plot->function_count;
    set_memory_axis(plot, &place);
    place.head = PLOT_HEAD + (plot_has_slope_row(plot, width) ? PLOT_HEAD_ROW : 0);
    place.chart_top = place.head + (double)rows * PLOT_LEGEND_ROW;
    place.chart_bottom = place.chart_top + PLOT_CHART;
    place.lanes_bottom = place.chart_bottom + PLOT_AXIS + (double)(lanes + more) * PLOT_LANE;
    place.height = place.lanes_bottom + 6;
    return place;
}

double plot_x(const struct plot *plot, const struct plot_place *place, uint64_t time_ns)
{
    uint64_t at = time_ns < plot->from_ns ? plot->from_ns : time_ns;
    at = at > plot->to_ns ? plot->to_ns : at;
    return PLOT_LEFT + (place->width - PLOT_LEFT - PLOT_RIGHT) * (double)(at - plot->from_ns) /
                           (double)(plot->to_ns - plot->from_ns);
}

double plot_y(const struct plot_place *place, double bytes)
{
    double part = (bytes / place->unit.bytes - place->low) / (place->high - place->low);
    return place->chart_bottom - (place->chart_bottom - place->chart_top) * part;
}
