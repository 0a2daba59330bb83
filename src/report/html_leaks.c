/* The lines that leak: the verdict in words, what each of the latest invocations has left and what
 * of it is alive, and who holds it. */
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

static void put_types(struct html *html, const struct holders *holders)
{
    markup_put(&html->markup,
               "<div class=\"scroll\"><table>\n<thead><tr><th>Type</th><th>Count</th>"
               "<th>Bytes</th><th>Example</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < holders->type_count; i++) {
        const struct holders_type *type = &holders->types[i];
        markup_put(&html->markup, "<tr><td>");
        markup_text(&html->markup, type->name, HTML_COLUMNS);
        markup_put(&html->markup, "</td>");
        html_count(html, type->count);
        html_bytes(html, type->shallow_bytes);
        markup_put(&html->markup, "<td class=\"text\">");
        markup_text(&html->markup, type->example ? type->example : "", HTML_COLUMNS);
        markup_put(&html->markup, "</td></tr>\n");
    }
    markup_put(&html->markup, "</tbody></table></div>\n");
}

static void put_holders(struct html *html, const struct holders *holders)
{
    char bytes[AMOUNT_SIZE];
    if (!holders)
        return;
    markup_put(&html->markup, "<ul class=\"holders\">\n");
    for (size_t i = 0; i < holders->chain_count; i++) {
        const struct holders_chain *chain = &holders->chains[i];
        markup_put(&html->markup, "<li><code>");
        markup_text(&html->markup, chain->text, HTML_SOURCE_COLUMNS);
        markup_printf(&html->markup, "</code> holds %" PRIu64 ", %s", chain->count,
                      amount_text(bytes, chain->bytes));
        markup_put(&html->markup, chain->note ? "; " : "");
        markup_text(&html->markup, chain->note ? chain->note : "", HTML_COLUMNS);
        markup_put(&html->markup, "</li>\n");
    }
    markup_put(&html->markup, "</ul>\n");
    if (holders->type_count)
        put_types(html, holders);
    if (holders->problem) {
        markup_put(&html->markup, "<p class=\"note\">");
        markup_text(&html->markup, holders->problem, HTML_SOURCE_COLUMNS);
        markup_put(&html->markup, "</p>\n");
    }
}

static void put_leak(struct html *html, const struct leak *leak)
{
    const struct file *file = leak_file(html->model, leak);
    char sentence[LEAK_SENTENCE], bytes[AMOUNT_SIZE];
    if (!file)
        return;
    markup_put(&html->markup, "<article class=\"leak\">\n<h3>");
    html_place(html, leak->file, leak->line);
    markup_put(&html->markup, "</h3>\n<pre><code>");
    html_source_text(html, plain_statement(file, leak->line), HTML_SOURCE_COLUMNS);
    markup_printf(&html->markup, "</code></pre>\n<p>%s; %s alive", leak_sentence(sentence, leak),
                  amount_text(bytes, leak->alive_bytes));
    if (leak->first_number)
        markup_printf(&html->markup, ", of invocations %" PRIu64 " to %" PRIu64, leak->first_number,
                      leak->last_number);
    markup_put(&html->markup, ".</p>\n");
    put_holders(html, leak_holders(html->model, leak));
    put_parts(html, leak);
    markup_put(&html->markup, "</article>\n");
}

void html_leaks(struct html *html)
{
    const struct leaks *leaks = &html->model->leaks;
    if (leaks->certain == 0)
        return;
    markup_put(&html->markup, "<section id=\"leaks\">\n<h2>Leaks</h2>\n");
    for (size_t i = 0; i < leaks->certain && i < HTML_LEAKS; i++)
        put_leak(html, &leaks->items[i]);
    if (leaks->certain > HTML_LEAKS)
        markup_printf(&html->markup, "<p class=\"note\">and %zu more, of less bytes</p>\n",
                      leaks->certain - HTML_LEAKS);
    markup_put(&html->markup, "</section>\n");
}
