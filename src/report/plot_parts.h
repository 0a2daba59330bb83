/* What plot.c (the image) and plot_html.c (the page around it) share. */
#ifndef REPORT_PLOT_PARTS_H
#define REPORT_PLOT_PARTS_H

#include "report/markup.h"
#include "report/plot.h"

enum { PLOT_WIDE = 960, PLOT_NARROW = 400, PLOT_FUNCTIONS_MAX = 24, PLOT_TRACKS_MAX = 16 };

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

/* Fill in the plot; 0, or -1 with `error` where there is nothing in the part. plot_fini() is right
 * in either case. */
int plot_init(struct plot *plot, const struct series *series, const struct plot_options *options,
              struct buf *out, struct error *error);
void plot_fini(struct plot *plot);
/* The colours, as the content of a style element. */
void plot_style(struct plot *plot);
/* The image as an svg element of that width; `is_inner` without style and namespace, of a class
 * "wide" or "narrow", for a page that has them. */
void plot_image(struct plot *plot, double width, bool is_inner);
/* The most that the track had in the part; NULL where it has no sample there. */
const struct series_sample *plot_track_peak(const struct plot *plot, size_t track);
/* "at 1.25 s" is this many seconds after the begin of the series. */
double plot_seconds(const struct plot *plot, uint64_t time_ns);
/* Said where the markup is full. */
int plot_finish(struct plot *plot, struct error *error);

#endif
