/*
 * A series as a picture: memory over time with axes, a line for each process, the peak, and below
 * it a lane for each function with the intervals in which it ran. Pure: a series comes in, bytes go
 * out, the same ones for the same series, whatever the locale. No script, nothing loaded from
 * elsewhere; light and dark as the reader's system is. However many samples there are, the picture
 * has no more points than its width can show, and peaks stay.
 *
 * Text from the series is made harmless first (base/text.h), then escaped.
 */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/series.h"

struct plot_options {
    const char *title; /* borrowed; NULL for the command that was run */
    double from_s;     /* the part to draw, in seconds since the begin of the series */
    double to_s;       /* not beyond it: all */
    bool no_functions; /* leave the lanes out */
    bool slope;        /* draw the trend of the part, too */
};

/* Append an SVG image of 960 units by what it needs. Returns 0, or -1 with `error` where the series
 * has nothing to draw in that part, or `out` is full. */
int plot_svg(const struct series *series, const struct plot_options *options, struct buf *out,
             struct error *error);
/* Append an HTML page of its own: the image, one for narrow screens, and the figures as tables. As
 * plot_svg(). */
int plot_html(const struct series *series, const struct plot_options *options, struct buf *out,
              struct error *error);

#endif
