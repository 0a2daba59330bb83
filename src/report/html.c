#include "config.h"
#include "report/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "report/amount.h"
#include "report/html_parts.h"
#include "report/leak_text.h"
#include "report/told.h"

/* ---- cells ---- */

void html_bytes(struct html *html, int64_t bytes)
{
    char text[AMOUNT_SIZE];
    markup_printf(&html->markup, "<td data-v=\"%" PRId64 "\">%s</td>", bytes,
                  amount_text(text, bytes));
}

void html_change(struct html *html, int64_t bytes)
{
    char text[AMOUNT_SIZE];
    markup_printf(&html->markup, "<td data-v=\"%" PRId64 "\">%s</td>", bytes,
                  amount_change(text, bytes));
}

void html_count(struct html *html, uint64_t count)
{
    markup_printf(&html->markup, "<td data-v=\"%" PRIu64 "\">%" PRIu64 "</td>", count, count);
}

void html_place(struct html *html, uint32_t file, uint32_t line)
{
    struct markup *markup = &html->markup;
    bool shown = html_shows_line(html->model, file, line);
    if (shown)
        markup_printf(markup, "<a href=\"#f%" PRIu32 "l%" PRIu32 "\">", file, line);
    markup_text(markup, html->model->files[file]->display, HTML_COLUMNS);
    markup_printf(markup, ":%" PRIu32 "%s", line, shown ? "</a>" : "");
}

void html_source_text(struct html *html, struct span text, size_t columns)
{
    size_t shown = markup_fitting(text, columns);
    struct span rest = {text.at, shown};
    while (rest.len > 0) {
        const char *tab = memchr(rest.at, '\t', rest.len);
        size_t len = tab ? (size_t)(tab - rest.at) : rest.len;
        markup_span(&html->markup, (struct span){rest.at, len}, 0);
        markup_put(&html->markup, tab ? "\t" : "");
        rest = span_skip(rest, len + (tab != NULL));
    }
    markup_put(&html->markup, shown < text.len ? "\xE2\x80\xA6" : "");
}

/* ---- the page ---- */

static void put_head(struct html *html)
{
    struct markup *markup = &html->markup;
    markup_put(markup, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html_policy(html);
    markup_put(markup, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<title>Memory of ");
    markup_text(markup, html->model->app_name, HTML_COLUMNS);
    markup_put(markup, "</title>\n<style>\n");
    html_style(html);
    markup_put(markup, "</style>\n</head>\n<body>\n<header><h1>Memory of ");
    markup_text(markup, html->model->app_name, HTML_COLUMNS);
    markup_put(markup, "</h1>\n<p class=\"note\">");
    markup_text(markup, html->model->app_root, HTML_COLUMNS);
    if (*html->model->python) {
        markup_put(markup, " \xC2\xB7 Python ");
        markup_text(markup, html->model->python, 40);
    }
    markup_put(markup, " \xC2\xB7 " PACKAGE_STRING);
    if (html->model->invocations.count) {
        char begin[CLOCK_ISO_SIZE];
        clock_format_iso(html->model->invocations.kept[0]->start_realtime_ns, begin);
        markup_printf(markup, " \xC2\xB7 begun at %s", begin);
    }
    markup_put(markup, "</p></header>\n");
}

static void put_fact(struct html *html, const char *name, const char *value)
{
    markup_printf(&html->markup, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, value);
}

static void put_facts(struct html *html)
{
    const struct model *model = html->model;
    char text[AMOUNT_SIZE], count[AMOUNT_SIZE];
    markup_put(&html->markup, "<dl class=\"facts\">\n");
    snprintf(count, sizeof count, "%" PRIu64, model->invocations.total);
    put_fact(html, "Invocations", count);
    snprintf(count, sizeof count, "%" PRIu64, model->invocations.failed);
    put_fact(html, "Failed", count);
    put_fact(html, "Peak RSS", amount_text(text, model->rss_peak_bytes));
    if (model->baseline_bytes)
        put_fact(html, "When loaded", amount_text(text, model->baseline_bytes));
    if (model->limit_bytes)
        put_fact(html, "Limit", amount_text(text, model->limit_bytes));
    if (model->meter)
        put_fact(html, "Measured by", model->meter);
    markup_put(&html->markup, "</dl>\n");
}

static void put_check(struct html *html, const struct check *check)
{
    const char *color = check->holds ? "bad" : check->is_undecided ? "open" : "good";
    const char *verdict = check->holds ? "holds" : check->is_undecided ? "" : "does not hold";
    markup_printf(&html->markup, "<p class=\"%s\"><code>", color);
    markup_text(&html->markup, check->condition.text, 0);
    markup_printf(&html->markup, "</code> %s%s", verdict, *verdict && *check->why ? ": " : "");
    markup_text(&html->markup, check->why, 0);
    markup_put(&html->markup, "</p>\n");
}

static void put_verdict(struct html *html, const struct checks *checks)
{
    const struct model *model = html->model;
    size_t certain = model->leaks.certain, suspects = model->leaks.count - certain;
    const char *why = leaks_unknown(model);
    char open[LEAK_OPEN];
    if (why)
        markup_printf(&html->markup, "<p class=\"verdict\">Leaks are not known: %s.</p>\n", why);
    else if (*leak_undecided(open, model))
        markup_printf(&html->markup, "<p class=\"verdict\">Leaks %s.</p>\n", open);
    else if (certain == 0)
        markup_put(&html->markup, "<p class=\"verdict good\">No leak was found.</p>\n");
    else
        markup_printf(&html->markup, "<p class=\"verdict bad\">%zu line%s.</p>\n", certain,
                      certain == 1 ? " leaks" : "s leak");
    if (!why && suspects)
        markup_printf(&html->markup, "<p><a href=\"#suspects\">%zu %sline%s may leak.</a></p>\n",
                      suspects, certain ? "more " : "", suspects == 1 ? "" : "s");
    for (size_t i = 0; checks && i < checks->count; i++)
        put_check(html, &checks->items[i]);
}

int html_write(const struct model *model, const struct checks *checks, struct buf *out,
               struct error *error)
{
    struct html html = {.markup = {.out = out}, .model = model};
    put_head(&html);
    put_verdict(&html, checks);
    put_facts(&html);
    html_curve(&html);
    html_leaks(&html);
    html_hot_lines(&html);
    html_invocations(&html);
    html_files(&html);
    markup_put(&html.markup, "<footer>Made by " PACKAGE_STRING "</footer>\n");
    html_script(&html);
    markup_put(&html.markup, "</body>\n</html>\n");
    return html.markup.full ? told_refuse(out, error) : 0;
}
