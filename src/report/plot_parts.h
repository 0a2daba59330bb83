/*
 * What plot_part.c (what there is to draw), plot_place.c and plot_style.c (where, and in which
 * colours), plot.c (the image) and plot_html.c (the page around it) share.
 */
#ifndef REPORT_PLOT_PARTS_H
#define REPORT_PLOT_PARTS_H

#include "report/axis.h"
#include "report/markup.h"
#include "report/plot.h"

enum { PLOT_WIDE = 960, PLOT_NARROW = 400, PLOT_FUNCTIONS_MAX = 24, PLOT_TRACKS_MAX = 16 };

/* Units of width and height. */
enum {
    PLOT_LEFT = 62,
    PLOT_RIGHT = 14,
    PLOT_HEAD = 58,
    PLOT_HEAD_ROW = 18,
    PLOT_LEGEND_ROW = 20,
    PLOT_LEGEND_COLUMN = 215,
    PLOT_CHART = 300,
    PLOT_AXIS = 46,
    PLOT_LANE = 34,
    PLOT_LANE_BAR = 8,
    PLOT_LETTER = 7, /* a column of text at the usual size */
    PLOT_COLORS = 8,
};

/* What is told of one function: its calls in the part that is drawn, and the peak of all of them.
 */
struct plot_function {
    size_t function;
    uint64_t calls;
    double seconds;
    int64_t increment_bytes;
    int64_t peak_bytes;
};

/* The part of a series that is drawn. */
struct plot {
    struct markup markup;
    const struct series *series;
    const struct plot_options *options;
    uint64_t zero_ns;        /* the begin of the series */
    uint64_t from_ns, to_ns; /* to_ns > from_ns */
    const char *title;
    const struct series_sample *peak; /* of the process that was run, or NULL */
    size_t *tracks;                   /* owned; indices, those with the highest peaks */
    size_t track_count;
    size_t track_total;              /* of them and of those that are left out */
    struct plot_function *functions; /* owned; by first call */
    size_t function_count;
    size_t function_total; /* of them and of those that are left out */
};

/* Where things of one image are. */
struct plot_place {
    double width;
    double head; /* the end of title and facts */
    double chart_top, chart_bottom;
    double lanes_bottom;
    double height;
    struct axis_unit unit;
    double low, high, step; /* of memory, in the unit */
};

/* ---- plot_part.c ---- */

/* Fill in the plot; 0, or -1 with `error` where there is nothing in the part. plot_fini() is right
 * in either case. */
int plot_init(struct plot *plot, const struct series *series, const struct plot_options *options,
              struct buf *out, struct error *error);
void plot_fini(struct plot *plot);
/* The most that the track had in the part; NULL where it has no sample there. */
const struct series_sample *plot_track_peak(const struct plot *plot, size_t track);
/* Is that time, or anything of the span, in the part? */
bool plot_shows(const struct plot *plot, uint64_t time_ns);
bool plot_shows_span(const struct plot *plot, const struct series_span *span);
/* "at 1.25 s" is this many seconds after the begin of the series. */
double plot_seconds(const struct plot *plot, uint64_t time_ns);
/* Said where the markup is full. */
int plot_finish(struct plot *plot, struct error *error);

/* ---- plot_place.c ---- */

struct plot_place plot_place_init(const struct plot *plot, double width);
/* Places of a time (at an edge, where it is not in the part) and of a size. */
double plot_x(const struct plot *plot, const struct plot_place *place, uint64_t time_ns);
double plot_y(const struct plot_place *place, double bytes);
/* The facts below the title, with the slope, are two rows. */
bool plot_has_slope_row(const struct plot *plot, double width);
/* There is more than one process. */
bool plot_has_legend(const struct plot *plot);
size_t plot_legend_columns(double width);
/* Functions that have a lane. */
size_t plot_lane_count(const struct plot *plot);

/* ---- plot_style.c ---- */

/* The colours, as the content of a style element. */
void plot_style(struct plot *plot);

/* ---- plot.c ---- */

/* The image as an svg element of that width; `is_inner` without style and namespace, of a class
 * "wide" or "narrow", for a page that has them. */
void plot_image(struct plot *plot, double width, bool is_inner);

#endif
