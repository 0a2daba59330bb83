/* The lines that leak: the verdict in words, who holds what they keep, what each of the latest
 * invocations has left and what of it is alive; and below them a list of those that may leak. */
#include "config.h"

#include <inttypes.h>

#include "report/amount.h"
#include "report/html_parts.h"
#include "report/leak_text.h"
#include "report/plain.h"

static void put_parts(struct html *html, const struct leak *leak)
{
    const struct kept *kept = &html->model->kept;
    struct kept_part parts[KEPT_WINDOW];
    size_t count = kept_newest(kept, kept_find(kept, leak->file, leak->line), parts);
    if (count == 0)
        return;
    markup_put(&html->markup, "<details><summary>Evidence</summary><div class=\"scroll\"><table>\n"
                              "<thead><tr><th>Invocation</th><th>Left at its end</th>"
                              "<th>Alive now</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count && i < HTML_PARTS; i++) {
        markup_put(&html->markup, "<tr>");
        html_count(html, parts[i].number);
        html_bytes(html, parts[i].left_bytes);
        html_bytes(html, parts[i].alive_bytes);
        markup_put(&html->markup, "</tr>\n");
    }
    markup_put(&html->markup, "</tbody></table></div>");
    if (count > HTML_PARTS)
        markup_printf(&html->markup, "<p class=\"note\">and %zu older ones</p>",
                      count - HTML_PARTS);
    markup_put(&html->markup, "</details>\n");
}

static bool knows_retained(const struct holders *holders)
{
    for (size_t i = 0; i < holders->type_count; i++)
        if (holders->types[i].retained_bytes >= 0)
            return true;
    return false;
}

static void put_type(struct html *html, const struct holders_type *type, bool has_retained)
{
    markup_put(&html->markup, "<tr><td>");
    markup_text(&html->markup, type->name, HTML_COLUMNS);
    markup_put(&html->markup, "</td>");
    html_count(html, type->count);
    html_bytes(html, type->shallow_bytes);
    if (type->retained_bytes >= 0)
        html_bytes(html, type->retained_bytes);
    else if (has_retained)
        markup_put(&html->markup, "<td></td>");
    markup_put(&html->markup, "<td class=\"text\"><code>");
    markup_text(&html->markup, type->example ? type->example : "", HTML_COLUMNS);
    markup_put(&html->markup, "</code></td></tr>\n");
}

static void put_types(struct html *html, const struct holders *holders)
{
    bool has_retained = knows_retained(holders);
    if (holders->type_count == 0)
        return;
    markup_printf(
        &html->markup,
        "<details><summary>What it keeps, by type</summary><div class=\"scroll\"><table>\n"
        "<thead><tr><th>Type</th><th>Count</th><th>Bytes</th>%s"
        "<th class=\"text\">Example</th></tr></thead>\n<tbody>\n",
        has_retained ? "<th>Retained</th>" : "");
    for (size_t i = 0; i < holders->type_count; i++)
        put_type(html, &holders->types[i], has_retained);
    markup_put(&html->markup, "</tbody></table></div></details>\n");
}

static void put_chain(struct html *html, const struct holders_chain *chain)
{
    char hold[LEAK_HOLD];
    markup_put(&html->markup, "<li><code>");
    markup_text(&html->markup, chain->text, HTML_SOURCE_COLUMNS);
    markup_put(&html->markup, "</code>: ");
    markup_text(&html->markup, leak_hold(hold, chain), 0);
    markup_put(&html->markup, "</li>\n");
}

/* The first ones, and the others folded. */
static void put_chains(struct html *html, const struct holders *holders)
{
    size_t count = holders->chain_count;
    if (count == 0)
        return;
    markup_put(&html->markup, "<p>Held by</p>\n<ul class=\"holders\">\n");
    for (size_t i = 0; i < count && i < LEAK_CHAINS_TOLD; i++)
        put_chain(html, &holders->chains[i]);
    markup_put(&html->markup, "</ul>\n");
    if (count <= LEAK_CHAINS_TOLD)
        return;
    markup_printf(&html->markup,
                  "<details><summary>and by %zu more</summary><ul class=\"holders\">\n",
                  count - LEAK_CHAINS_TOLD);
    for (size_t i = LEAK_CHAINS_TOLD; i < count; i++)
        put_chain(html, &holders->chains[i]);
    markup_put(&html->markup, "</ul></details>\n");
}

static void put_holders(struct html *html, const struct holders *holders)
{
    if (!holders)
        return;
    put_chains(html, holders);
    if (holders->problem) {
        markup_put(&html->markup, holders->state == HOLDERS_FAILED
                                      ? "<p class=\"note\">Who holds it is not known: "
                                      : "<p class=\"note\">");
        markup_text(&html->markup, holders->problem, HTML_SOURCE_COLUMNS);
        markup_put(&html->markup, "</p>\n");
    }
    put_types(html, holders);
}

static void put_verdict(struct html *html, const struct leak *leak)
{
    char verdict[LEAK_VERDICT];
    markup_text(&html->markup, leak_verdict(verdict, html->model, leak), 0);
}

static void put_leak(struct html *html, const struct leak *leak)
{
    const struct file *file = leak_file(html->model, leak);
    char bytes[AMOUNT_SIZE];
    if (!file)
        return;
    markup_put(&html->markup, "<article class=\"leak\">\n<h3>");
    html_place(html, leak->file, leak->line);
    markup_put(&html->markup, "</h3>\n<pre><code>");
    html_source_text(html, plain_statement(file, leak->line), HTML_SOURCE_COLUMNS);
    markup_put(&html->markup, "</code></pre>\n<p>");
    put_verdict(html, leak);
    markup_printf(&html->markup, "; %s alive", amount_text(bytes, leak->alive_bytes));
    if (leak->first_number)
        markup_printf(&html->markup, ", judged by invocations %" PRIu64 " to %" PRIu64,
                      leak->first_number, leak->last_number);
    markup_put(&html->markup, ".</p>\n");
    put_holders(html, leak_holders(html->model, leak));
    put_parts(html, leak);
    markup_put(&html->markup, "</article>\n");
}

static void put_certain(struct html *html)
{
    const struct leaks *leaks = &html->model->leaks;
    if (leaks->certain == 0)
        return;
    markup_put(&html->markup, "<section id=\"leaks\">\n<h2>Leaks</h2>\n");
    for (size_t i = 0; i < leaks->certain && i < HTML_LEAKS; i++) {
        if (i == HTML_OPEN_LEAKS)
            markup_printf(&html->markup, "<details><summary>%zu more, of less bytes</summary>\n",
                          leaks->certain - i);
        put_leak(html, &leaks->items[i]);
    }
    markup_put(&html->markup, leaks->certain > HTML_OPEN_LEAKS ? "</details>\n" : "");
    if (leaks->certain > HTML_LEAKS)
        markup_printf(&html->markup, "<p class=\"note\">and %zu more, of less bytes</p>\n",
                      leaks->certain - HTML_LEAKS);
    markup_put(&html->markup, "</section>\n");
}

/* ---- what is only suspected ---- */

static void put_suspect(struct html *html, const struct leak *leak)
{
    const struct file *file = leak_file(html->model, leak);
    const struct holders *holders = leak_holders(html->model, leak);
    if (!file)
        return;
    markup_put(&html->markup, "<tr><td>");
    html_place(html, leak->file, leak->line);
    markup_put(&html->markup, "</td><td class=\"text words\">");
    put_verdict(html, leak);
    if (holders && holders->chain_count) {
        bool is_nobody = holders_chain_is_nobody(&holders->chains[0]);
        markup_put(&html->markup, is_nobody ? "; held by nobody: <code>" : "; held by <code>");
        markup_text(&html->markup, holders->chains[0].text, HTML_COLUMNS);
        markup_put(&html->markup, "</code>");
    }
    markup_put(&html->markup, "</td>");
    html_bytes(html, leak->alive_bytes);
    markup_put(&html->markup, "<td class=\"text\"><code>");
    html_source_text(html, plain_statement(file, leak->line), HTML_COLUMNS);
    markup_put(&html->markup, "</code></td></tr>\n");
}

static void put_suspects(struct html *html)
{
    const struct leaks *leaks = &html->model->leaks;
    size_t count = leaks->count - leaks->certain;
    if (count == 0)
        return;
    markup_printf(&html->markup,
                  "<section id=\"suspects\">\n<details><summary>%zu line%s may leak</summary>"
                  "<div class=\"scroll\"><table>\n<thead><tr><th>Line</th>"
                  "<th class=\"text\">Verdict</th><th>Alive</th>"
                  "<th class=\"text\">Source</th></tr></thead>\n<tbody>\n",
                  count, count == 1 ? "" : "s");
    for (size_t i = 0; i < count && i < HTML_LEAKS; i++)
        put_suspect(html, &leaks->items[leaks->certain + i]);
    markup_put(&html->markup, "</tbody></table></div>");
    if (count > HTML_LEAKS)
        markup_printf(&html->markup, "<p class=\"note\">and %zu more, of less bytes</p>",
                      count - HTML_LEAKS);
    markup_put(&html->markup, "</details>\n</section>\n");
}

void html_leaks(struct html *html)
{
    if (!html->model->heap.is_on)
        return;
    put_certain(html);
    put_suspects(html);
}
