/* The curve is the plot of a series (report/plot.h): the RSS over time, and below it the intervals
 * of each function's invocations. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "base/attributes.h"
#include "report/html_parts.h"
#include "report/plot_parts.h"

/* The monotonic clock's times as real ones, by an invocation that has both. */
static uint64_t real_time(const struct model *model, uint64_t time_ns)
{
    const struct invocation *any = model->invocations.count ? model->invocations.kept[0] : NULL;
    return any ? time_ns - any->start_ns + any->start_realtime_ns : time_ns;
}

static void add_samples(struct series *series, const struct model *model)
{
    for (size_t i = 0; i < model->timeline.count; i++) {
        const struct timeline_point *point = &model->timeline.points[i];
        (void)!series_add_sample(series, SERIES_MAIN, real_time(model, point->time_ns),
                                 point->rss_bytes);
    }
}

static void add_invocation(struct series *series, const struct invocation *invocation,
                           bool has_timeline)
{
    const struct series_span span = {
        .begin_ns = invocation->start_realtime_ns,
        .end_ns = invocation->start_realtime_ns + invocation->duration_ns,
        .begin_bytes = invocation->rss_start_bytes,
        .end_bytes = invocation->rss_end_bytes,
    };
    if (!invocation_is_over(invocation) || span.begin_ns == 0 || span.end_ns < span.begin_ns)
        return;
    (void)!series_add_span(series, invocation->function, strlen(invocation->function), &span);
    if (has_timeline)
        return;
    (void)!series_add_sample(series, SERIES_MAIN, span.begin_ns, span.begin_bytes);
    (void)!series_add_sample(series, SERIES_MAIN, span.end_ns, span.end_bytes);
}

void html_curve(struct html *html)
{
    const struct model *model = html->model;
    const struct plot_options options = {.title = model->app_name, .to_s = INFINITY};
    struct series series;
    struct plot plot;
    series_init(&series);
    add_samples(&series, model);
    for (size_t i = 0; i < model->invocations.count; i++)
        add_invocation(&series, model->invocations.kept[i], model->timeline.count > 0);
    series_sort(&series);
    markup_put(&html->markup, "<section id=\"curve\">\n<h2>Memory over time</h2>\n");
    if (plot_init(&plot, &series, &options, html->markup.out, NULL) == 0) {
        plot_image(&plot, PLOT_WIDE, true);
        plot_image(&plot, PLOT_NARROW, true);
        html->markup.full |= plot.markup.full;
    } else {
        markup_put(&html->markup, "<p class=\"note\">There is no sample.</p>\n");
    }
    plot_fini(&plot);
    markup_put(&html->markup, "</section>\n");
    series_fini(&series);
}
