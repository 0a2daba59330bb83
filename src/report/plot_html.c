/*
 * The page around the image. Which of the two images is shown is the style sheet's matter, by the
 * width of the window; the tables say in figures what the image shows, for those who cannot see it
 * or want to copy them.
 */
#include "config.h"
#include "report/plot_parts.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/size.h"

static void put_mib(struct plot *plot, double bytes)
{
    char text[MARKUP_NUMBER];
    markup_printf(&plot->markup, "<td>%s</td>", markup_number(text, bytes / MIB_BYTES, 3));
}

static void put_head(struct plot *plot)
{
    struct markup *markup = &plot->markup;
    markup_put(markup, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<title>Memory over time: ");
    markup_text(markup, plot->title, 0);
    markup_put(markup, "</title>\n<style>\n");
    plot_style(plot);
    markup_put(markup,
               "body{margin:0 auto;padding:1rem;max-width:60rem;background:var(--paper);"
               "color:var(--ink);font:1rem/1.5 system-ui,sans-serif}\n"
               "h1{font-size:1.25rem;overflow-wrap:anywhere}h2{font-size:1.1rem}\n"
               "svg{display:block;width:100%;height:auto}.narrow{display:none}\n"
               ".scroll{overflow-x:auto}"
               "table{border-collapse:collapse;font-variant-numeric:tabular-nums}\n"
               "th,td{padding:.25rem .75rem;border-bottom:1px solid var(--grid);text-align:right}\n"
               "th:first-child,td:first-child{text-align:left;padding-left:0;min-width:5rem;"
               "max-width:24rem;overflow-wrap:break-word}\n"
               "@media (max-width:40rem){.wide{display:none}.narrow{display:block}"
               "table{font-size:.875rem}th,td{padding:.25rem .3rem}}\n"
               "footer,.note{color:var(--faint);font-size:.875rem}footer{margin-top:1.5rem}\n"
               "</style>\n</head>\n<body>\n<h1>");
    markup_text(markup, plot->title, 0);
    markup_put(markup, "</h1>\n");
}

static void put_facts(struct plot *plot)
{
    char begin[CLOCK_ISO_SIZE], from[MARKUP_NUMBER], to[MARKUP_NUMBER];
    clock_format_iso(plot->zero_ns, begin);
    markup_printf(&plot->markup, "<p>Begun at %s; shown are the seconds from %s to %s.", begin,
                  markup_number(from, plot_seconds(plot, plot->from_ns), 2),
                  markup_number(to, plot_seconds(plot, plot->to_ns), 2));
    if (plot->series->unread)
        markup_printf(&plot->markup,
                      " %" PRIu64 " lines of the file could not be read, the first is line %" PRIu64
                      ".",
                      plot->series->unread, plot->series->unread_line);
    markup_put(&plot->markup, "</p>\n");
}

static void put_processes(struct plot *plot)
{
    markup_put(&plot->markup,
               "<h2>Processes</h2>\n<div class=\"scroll\"><table>\n<tr><th>Process</th>"
               "<th>Samples</th><th>Peak, MiB</th><th>at second</th></tr>\n");
    for (size_t i = 0; i < plot->track_count; i++) {
        const struct series_track *track = &plot->series->tracks[plot->tracks[i]];
        const struct series_sample *peak = plot_track_peak(plot, plot->tracks[i]);
        char text[MARKUP_NUMBER];
        if (track->pid == SERIES_MAIN)
            markup_put(&plot->markup, "<tr><td>main process</td>");
        else
            markup_printf(&plot->markup, "<tr><td>child %" PRIu64 "</td>", track->pid);
        markup_printf(&plot->markup, "<td>%zu</td>", track->count);
        put_mib(plot, (double)peak->bytes);
        markup_printf(&plot->markup, "<td>%s</td></tr>\n",
                      markup_number(text, plot_seconds(plot, peak->time_ns), 2));
    }
    markup_put(&plot->markup, "</table></div>\n");
    if (plot->track_total > plot->track_count)
        markup_printf(&plot->markup, "<p class=\"note\">and %zu more, of a lower peak</p>\n",
                      plot->track_total - plot->track_count);
}

static void put_functions(struct plot *plot)
{
    if (plot->function_count == 0)
        return;
    markup_put(&plot->markup,
               "<h2>Functions</h2>\n<div class=\"scroll\"><table>\n<tr><th>Function</th>"
               "<th>Calls</th><th>Seconds</th><th>Growth, MiB</th><th>Peak, MiB</th></tr>\n");
    for (size_t i = 0; i < plot->function_count; i++) {
        const struct plot_function *function = &plot->functions[i];
        char text[MARKUP_NUMBER];
        markup_put(&plot->markup, "<tr><td>");
        markup_text(&plot->markup, plot->series->functions[function->function].name, 0);
        markup_printf(&plot->markup, "</td><td>%" PRIu64 "</td><td>%s</td>", function->calls,
                      markup_number(text, function->seconds, 3));
        put_mib(plot, (double)function->increment_bytes);
        put_mib(plot, (double)function->peak_bytes);
        markup_put(&plot->markup, "</tr>\n");
    }
    markup_put(&plot->markup, "</table></div>\n");
    if (plot->function_total > plot->function_count)
        markup_printf(&plot->markup, "<p class=\"note\">and %zu more, of less time</p>\n",
                      plot->function_total - plot->function_count);
}

int plot_html(const struct series *series, const struct plot_options *options, struct buf *out,
              struct error *error)
{
    struct plot plot;
    int result = plot_init(&plot, series, options, out, error);
    if (!result) {
        put_head(&plot);
        put_facts(&plot);
        plot_image(&plot, PLOT_WIDE, true);
        plot_image(&plot, PLOT_NARROW, true);
        put_processes(&plot);
        put_functions(&plot);
        markup_put(&plot.markup, "<footer>Made by " PACKAGE_STRING "</footer>\n</body>\n</html>\n");
        result = plot_finish(&plot, error);
    }
    plot_fini(&plot);
    return result;
}
