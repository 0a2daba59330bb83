/* The lines that take most, and the invocations. */
#include "config.h"

#include <inttypes.h>

#include "base/clock.h"
#include "report/hot_lines.h"
#include "report/html_parts.h"
#include "report/plain.h"
#include "report/told.h"

static void put_hot_line(struct html *html, const struct hot_line *hot)
{
    const struct line_stats *stats = &hot->file->lines[hot->line - 1].total;
    markup_put(&html->markup, "<tr><td>");
    html_place(html, hot->index, hot->line);
    markup_put(&html->markup, "</td>");
    html_bytes(html, stats->mem_usage_bytes);
    html_change(html, stats->increment_bytes);
    html_count(html, stats->occurrences);
    html_bytes(html, line_retained_bytes(stats));
    html_bytes(html, stats->high_bytes);
    markup_put(&html->markup, "<td class=\"text\"><code>");
    html_source_text(html, plain_statement(hot->file, hot->line), HTML_COLUMNS);
    markup_put(&html->markup, "</code></td></tr>\n");
}

void html_hot_lines(struct html *html)
{
    struct hot_line lines[HTML_HOT_LINES];
    size_t count = hot_lines(html->model, lines, HTML_HOT_LINES);
    markup_put(&html->markup,
               "<section id=\"lines\">\n<h2>The lines that take most</h2>\n"
               "<div class=\"scroll\"><table>\n<thead><tr><th>Line</th><th>Mem usage</th>"
               "<th>Increment</th><th>Occur.</th><th>Retained</th><th>High</th>"
               "<th>Source</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count; i++)
        put_hot_line(html, &lines[i]);
    markup_put(&html->markup, "</tbody></table></div>\n</section>\n");
}

static void put_milliseconds(struct html *html, uint64_t duration_ns)
{
    char text[MARKUP_NUMBER];
    markup_printf(&html->markup, "<td data-v=\"%" PRIu64 "\">%s ms</td>", duration_ns,
                  markup_number(text, (double)duration_ns / NS_PER_MS, 1));
}

static void put_invocation(struct html *html, const struct invocation *one)
{
    bool bad = one->outcome == OUTCOME_FAILED || one->outcome == OUTCOME_KILLED ||
               one->outcome == OUTCOME_TIMED_OUT;
    markup_put(&html->markup, bad ? "<tr class=\"bad\">" : "<tr>");
    html_count(html, one->number);
    markup_put(&html->markup, "<td class=\"text\">");
    markup_text(&html->markup, one->function, HTML_COLUMNS);
    markup_put(&html->markup, "</td><td class=\"text\">");
    markup_text(&html->markup, one->request, HTML_COLUMNS);
    markup_printf(&html->markup, "</td><td class=\"text\">%s%s",
                  one->outcome == OUTCOME_TIMED_OUT ? "timed out" : outcome_name(one->outcome),
                  one->error ? ": " : "");
    markup_text(&html->markup, one->error ? one->error : "", HTML_COLUMNS);
    markup_put(&html->markup, "</td>");
    put_milliseconds(html, one->duration_ns);
    html_bytes(html, one->rss_end_bytes);
    html_change(html, line_bytes_sub(one->rss_end_bytes, one->rss_start_bytes));
    html_bytes(html, one->rss_peak_bytes);
    if (html->model->heap.is_on && one->is_told_apart)
        html_bytes(html, one->retained_bytes);
    else
        markup_put(&html->markup, "<td></td>");
    markup_put(&html->markup, "</tr>\n");
}

void html_invocations(struct html *html)
{
    const struct invocations *set = &html->model->invocations;
    size_t from = set->count > HTML_INVOCATIONS ? set->count - HTML_INVOCATIONS : 0;
    markup_put(&html->markup,
               "<section id=\"invocations\">\n<h2>Invocations</h2>\n<div class=\"scroll\"><table>\n"
               "<thead><tr><th>No.</th><th class=\"text\">Function</th>"
               "<th class=\"text\">Request</th><th class=\"text\">Outcome</th><th>Duration</th>"
               "<th>RSS at end</th><th>Change</th><th>Peak</th><th>Retained</th></tr></thead>\n"
               "<tbody>\n");
    for (size_t i = from; i < set->count; i++)
        put_invocation(html, set->kept[i]);
    markup_put(&html->markup, "</tbody></table></div>\n");
    if (set->added > set->count - from)
        markup_printf(&html->markup,
                      "<p class=\"note\">Shown are the latest %zu of %" PRIu64 ".</p>\n",
                      set->count - from, set->added);
    markup_put(&html->markup, "</section>\n");
}
