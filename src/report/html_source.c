/*
 * The source with its figures: of each file the functions that have run, and other lines that have.
 * What lies between is said to be left out. Files with many lines are folded, but for those with a
 * leak, while the page is not long yet.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "report/hot_lines.h"
#include "report/html_parts.h"
#include "report/leak_text.h"
#include "report/plain.h"
#include "report/told.h"

enum { HEATS = 6 };

static bool has_run(const struct model *model, const struct file *file,
                    const struct file_function *function)
{
    for (uint32_t line = function->first_line; line <= function->last_line; line++)
        if (line <= file->line_count && told_line(model, file, line))
            return true;
    return false;
}

/* By line - 1: is it shown? The caller frees it. */
static bool *choose_lines(const struct model *model, const struct file *file, uint32_t *count)
{
    bool *shown = mem_calloc((size_t)file->line_count + 1, sizeof *shown);
    for (size_t i = 0; i < file->function_count; i++) {
        const struct file_function *function = &file->functions[i];
        if (!has_run(model, file, function))
            continue;
        for (uint32_t line = function->first_line;
             line <= function->last_line && line <= file->line_count; line++)
            shown[line - 1] = model_reports_line(model, file, line);
    }
    *count = 0;
    for (uint32_t line = 1; line <= file->line_count; line++) {
        shown[line - 1] |= told_line(model, file, line);
        *count += shown[line - 1];
    }
    return shown;
}

bool html_shows_line(const struct model *model, uint32_t file, uint32_t line)
{
    return told_line(model, model->files[file], line);
}

/* 0 to HEATS: which part of the hottest line's bytes it takes; a step is a factor of four, and what
 * is below the last is no heat. */
static unsigned heat_of(const struct line_stats *stats, int64_t most)
{
    int64_t bytes = stats->self_increment_bytes > line_retained_bytes(stats)
                        ? stats->self_increment_bytes
                        : line_retained_bytes(stats);
    unsigned heat = HEATS;
    if (bytes <= 0)
        return 0;
    for (; heat > 0 && bytes < most; most /= 4)
        heat--;
    return heat;
}

static int64_t hottest(const struct model *model)
{
    struct hot_line hot;
    return hot_lines(model, &hot, 1) ? hot_lines_bytes(&hot.file->lines[hot.line - 1].total) : 0;
}

static void put_figures(struct html *html, const struct line_stats *stats)
{
    if (stats->mem_usage_bytes)
        html_bytes(html, stats->mem_usage_bytes);
    else
        markup_put(&html->markup, "<td></td>");
    html_change(html, stats->increment_bytes);
    html_count(html, stats->occurrences);
    html_bytes(html, line_retained_bytes(stats));
}

static void put_line(struct html *html, uint32_t index, uint32_t line, int64_t most)
{
    const struct file *file = html->model->files[index];
    const struct line_stats *stats = &file->lines[line - 1].total;
    const struct leak *leak = leaks_find(&html->model->leaks, index, line);
    markup_printf(&html->markup,
                  "<tr class=\"h%u\" id=\"f%" PRIu32 "l%" PRIu32 "\"><td data-v=\"%" PRIu32
                  "\">%" PRIu32 "</td>",
                  heat_of(stats, most), index, line, line, line);
    if (told_line(html->model, file, line))
        put_figures(html, stats);
    else
        markup_put(&html->markup, "<td></td><td></td><td></td><td></td>");
    markup_put(&html->markup, "<td class=\"text\"><code>");
    html_source_text(html, plain_source(file, line), HTML_SOURCE_COLUMNS);
    markup_put(&html->markup, "</code>");
    if (leak && leak->state == LEAK_CERTAIN) {
        char sentence[LEAK_SENTENCE];
        markup_printf(&html->markup, " <strong class=\"bad\">leak: %s</strong>",
                      leak_sentence(sentence, leak));
    }
    markup_put(&html->markup, "</td></tr>\n");
}

static void put_gap(struct html *html, uint32_t first, uint32_t last)
{
    markup_put(&html->markup, "<tr class=\"gap\"><td colspan=\"6\">");
    if (first == last)
        markup_printf(&html->markup, "line %" PRIu32 " is not shown</td></tr>\n", first);
    else
        markup_printf(&html->markup, "lines %" PRIu32 " to %" PRIu32 " are not shown</td></tr>\n",
                      first, last);
}

static void put_rows(struct html *html, uint32_t index, const bool *shown, int64_t most)
{
    const struct file *file = html->model->files[index];
    uint32_t gap = 0; /* its first line */
    for (uint32_t line = 1; line <= file->line_count; line++) {
        if (!shown[line - 1] || html->lines >= HTML_SOURCE_LINES) {
            gap = gap ? gap : line;
            continue;
        }
        if (gap)
            put_gap(html, gap, line - 1);
        gap = 0;
        put_line(html, index, line, most);
        html->lines++;
    }
    if (gap)
        put_gap(html, gap, file->line_count);
}

static bool has_leak(const struct model *model, uint32_t index)
{
    for (size_t i = 0; i < model->leaks.certain; i++)
        if (model->leaks.items[i].file == index)
            return true;
    return false;
}

static void put_file(struct html *html, uint32_t index, int64_t most)
{
    const struct file *file = html->model->files[index];
    uint32_t count;
    bool *shown = choose_lines(html->model, file, &count);
    bool open = count <= HTML_OPEN_LINES && html->lines < 4 * HTML_OPEN_LINES;
    if (count) {
        markup_printf(&html->markup, "<details%s><summary>",
                      open || has_leak(html->model, index) ? " open" : "");
        markup_text(&html->markup, file->display, HTML_COLUMNS);
        if (file->retired)
            markup_printf(&html->markup, " (version %" PRIu32 ")", file->version);
        markup_printf(&html->markup,
                      ", %" PRIu32 " of %" PRIu32 " lines</summary>\n<div class=\"scroll\">"
                      "<table class=\"source\">\n<thead><tr><th>Line</th><th>Mem usage</th>"
                      "<th>Increment</th><th>Occur.</th><th>Retained</th>"
                      "<th class=\"text\">Source</th></tr></thead>\n<tbody>\n",
                      count, file->line_count);
        put_rows(html, index, shown, most);
        markup_put(&html->markup, "</tbody></table></div></details>\n");
    }
    free(shown);
}

void html_files(struct html *html)
{
    int64_t most = hottest(html->model);
    markup_put(&html->markup, "<section id=\"source\">\n<h2>Source</h2>\n");
    for (uint32_t i = 0; i < html->model->file_count; i++)
        if (told_file(html->model, html->model->files[i]))
            put_file(html, i, most);
    if (html->lines >= HTML_SOURCE_LINES)
        markup_printf(&html->markup, "<p class=\"note\">No more than %d lines are shown.</p>\n",
                      HTML_SOURCE_LINES);
    markup_put(&html->markup, "</section>\n");
}
