/*
 * Text from outside stands in a code span. A span cannot hold what ends it, and in a table no pipe
 * behind a backslash; text with either, or with an entity's &, is written as an HTML code element
 * in which all that Markdown or HTML could take for its own is a numbered entity.
 */
#include "config.h"
#include "report/markdown.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/amount.h"
#include "report/hot_lines.h"
#include "report/leak_text.h"
#include "report/plain.h"
#include "report/told.h"

enum {
    LEAKS_MAX = 20,
    LEAKS_BYTES = 36000, /* then further ones are only counted */
    SUSPECTS_MAX = 5,
    LINES_MAX = 10,
    FAILED_MAX = 5,
    COLUMNS = 72,
    TYPES_COLUMNS = 120,
};

static const char *escape_nothing(uint32_t code)
{
    (void)code;
    return NULL;
}

static const char *escape_all(uint32_t code)
{
    static const char *const entities[] = {
        ['!'] = "&#33;",  ['#'] = "&#35;",  ['$'] = "&#36;", ['&'] = "&#38;", ['*'] = "&#42;",
        ['-'] = "&#45;",  [':'] = "&#58;",  ['<'] = "&#60;", ['>'] = "&#62;", ['@'] = "&#64;",
        ['['] = "&#91;",  ['\\'] = "&#92;", [']'] = "&#93;", ['_'] = "&#95;", ['`'] = "&#96;",
        ['|'] = "&#124;", ['~'] = "&#126;",
    };
    return code < ARRAY_LEN(entities) ? entities[code] : NULL;
}

static bool fits_span(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] == '`' || text.at[i] == '|')
            return false;
    return text.len > 0 && text.at[0] != ' ';
}

static void put_code_within(struct markup *out, struct span text, size_t columns)
{
    bool span = fits_span(text);
    if (text.len == 0)
        return;
    markup_put(out, span ? "`" : "<code>");
    plain_text(out, text, columns, span ? escape_nothing : escape_all);
    markup_put(out, span ? "`" : "</code>");
}

static void put_code(struct markup *out, struct span text)
{
    put_code_within(out, text, COLUMNS);
}

static void put_place(struct markup *out, const struct file *file, uint32_t line)
{
    char number[16];
    struct buf place;
    size_t len = strlen(file->display);
    int number_len = snprintf(number, sizeof number, ":%" PRIu32, line);
    /* Of a long path its end tells more. */
    size_t from = len > COLUMNS - 16 ? len - (COLUMNS - 16) : 0;
    buf_init(&place, len + sizeof number);
    if (!buf_append(&place, file->display + from, len - from) &&
        !buf_append(&place, number, (size_t)number_len))
        put_code(out, (struct span){buf_text(&place), place.len});
    buf_fini(&place);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* ---- the parts ---- */

static void put_head(struct markup *out, const struct model *model)
{
    char peak[AMOUNT_SIZE], limit[AMOUNT_SIZE];
    uint64_t total = model->invocations.total;
    markup_put(out, "### Memory of ");
    put_code(out, span_of(model->app_name));
    markup_printf(out, "\n\n%" PRIu64 " invocation%s, %" PRIu64 " failed; peak %s %s", total,
                  plural(total), model->invocations.failed, model->meter ? model->meter : "RSS",
                  amount_text(peak, model->rss_peak_bytes));
    if (model->limit_bytes)
        markup_printf(out, " of %s", amount_text(limit, model->limit_bytes));
    if (*model->python) {
        markup_put(out, "; Python ");
        put_code(out, span_of(model->python));
    }
    markup_put(out, "; " PACKAGE_STRING "\n\n");
}

static void put_checks(struct markup *out, const struct checks *checks)
{
    for (size_t i = 0; checks && i < checks->count; i++) {
        const struct check *check = &checks->items[i];
        const char *mark = check->holds          ? ":x:"
                           : check->is_undecided ? ":grey_question:"
                                                 : ":white_check_mark:";
        markup_printf(out, "- %s ", mark);
        put_code(out, span_of(check->condition.text));
        if (check->is_undecided) {
            markup_printf(out, " %s\n", check->why);
            continue;
        }
        markup_put(out, check->holds ? " holds" : " does not hold");
        if (*check->why) {
            markup_put(out, ": ");
            put_code(out, span_of(check->why));
        }
        markup_put(out, "\n");
    }
    if (checks && checks->count)
        markup_put(out, "\n");
}

/* "`CACHE['x'] -> list[3]`, 3,204 of them, 9.8 MiB". A note may have anything in it. */
static void put_chains(struct markup *out, const struct holders *holders)
{
    for (size_t i = 0; holders && i < holders->chain_count && i < LEAK_CHAINS_TOLD; i++) {
        struct holders_chain chain = holders->chains[i];
        char hold[LEAK_HOLD];
        chain.note = NULL;
        markup_put(out, i ? "<br>" : "");
        put_code(out, span_of(chain.text));
        markup_printf(out, ", %s", leak_hold(hold, &chain));
    }
    if (holders && holders->chain_count > LEAK_CHAINS_TOLD)
        markup_printf(out, "<br>and %zu more", holders->chain_count - LEAK_CHAINS_TOLD);
    if (holders && holders->problem) {
        markup_put(out, holders->chain_count ? "<br>" : "not known: ");
        put_code(out, span_of(holders->problem));
    }
}

static void put_leak(struct markup *out, const struct model *model, const struct leak *leak)
{
    const struct file *file = leak_file(model, leak);
    const struct holders *holders = leak_holders(model, leak);
    char sentence[LEAK_SENTENCE], types[LEAK_TYPES], alive[AMOUNT_SIZE];
    if (!file)
        return;
    markup_put(out, "| ");
    put_place(out, file, leak->line);
    markup_printf(out, " | %s", leak_sentence(sentence, leak));
    if (*leak_types(types, holders)) {
        markup_put(out, ", ");
        put_code_within(out, span_of(types), TYPES_COLUMNS);
    }
    markup_printf(out, " | %s | ", amount_text(alive, leak->alive_bytes));
    put_chains(out, holders);
    markup_put(out, " | ");
    put_code(out, plain_statement(file, leak->line));
    markup_put(out, " |\n");
}

#define LEAKS_HEAD                                                                                 \
    "| Line | Verdict | Alive | Held by | Source |\n"                                              \
    "| --- | --- | ---: | --- | --- |\n"

static void put_certain(struct markup *out, const struct model *model)
{
    const struct leaks *leaks = &model->leaks;
    size_t told = 0, begin = out->out->len;
    markup_printf(out, "**%zu line%s leak%s.**\n\n" LEAKS_HEAD, leaks->certain,
                  plural(leaks->certain), leaks->certain == 1 ? "s" : "");
    for (; told < leaks->certain && told < LEAKS_MAX && out->out->len - begin < LEAKS_BYTES; told++)
        put_leak(out, model, &leaks->items[told]);
    if (leaks->certain > told)
        markup_printf(out, "\nand %zu more, of less bytes\n", leaks->certain - told);
    markup_put(out, "\n");
}

static void put_suspects(struct markup *out, const struct model *model)
{
    const struct leaks *leaks = &model->leaks;
    size_t count = leaks->count - leaks->certain;
    if (count == 0)
        return;
    markup_printf(out, "<details><summary>%zu line%s may leak</summary>\n\n" LEAKS_HEAD, count,
                  plural(count));
    for (size_t i = 0; i < count && i < SUSPECTS_MAX; i++)
        put_leak(out, model, &leaks->items[leaks->certain + i]);
    if (count > SUSPECTS_MAX)
        markup_printf(out, "\nand %zu more, of less bytes\n", count - SUSPECTS_MAX);
    markup_put(out, "\n</details>\n\n");
}

static void put_leaks(struct markup *out, const struct model *model)
{
    const char *why = leaks_unknown(model);
    char open[LEAK_OPEN];
    if (why)
        markup_printf(out, "Leaks are not known: %s.\n\n", why);
    else if (model->leaks.certain)
        put_certain(out, model);
    else if (*leak_undecided(open, model))
        markup_printf(out, "**Leaks %s.**\n\n", open);
    else
        markup_put(out, "**No leak was found.**\n\n");
    if (!why)
        put_suspects(out, model);
}

static void put_line(struct markup *out, const struct hot_line *hot)
{
    const struct line_stats *stats = &hot->file->lines[hot->line - 1].total;
    char increment[AMOUNT_SIZE], peak[AMOUNT_SIZE], retained[AMOUNT_SIZE];
    markup_put(out, "| ");
    put_place(out, hot->file, hot->line);
    markup_printf(out, " | %s | %s | %s | %" PRIu64 " | ",
                  amount_change(increment, stats->increment_bytes),
                  amount_text(peak, stats->peak_bytes),
                  amount_text(retained, line_retained_bytes(stats)), stats->occurrences);
    put_code(out, plain_statement(hot->file, hot->line));
    markup_put(out, " |\n");
}

static void put_lines(struct markup *out, const struct model *model)
{
    struct hot_line lines[LINES_MAX];
    size_t count = hot_lines(model, lines, LINES_MAX);
    if (count == 0)
        return;
    markup_put(out, "<details><summary>The lines that take most</summary>\n\n"
                    "| Line | Increment | Peak | Retained | Occurrences | Source |\n"
                    "| --- | ---: | ---: | ---: | ---: | --- |\n");
    for (size_t i = 0; i < count; i++)
        put_line(out, &lines[i]);
    markup_put(out, "\n</details>\n");
}

static void put_failed(struct markup *out, const struct model *model)
{
    size_t told = 0;
    const struct invocations *set = &model->invocations;
    for (size_t i = set->count; i > 0 && told < FAILED_MAX; i--) {
        const struct invocation *one = set->kept[i - 1];
        if (!invocation_is_over(one) || one->outcome == OUTCOME_SUCCEEDED)
            continue;
        markup_printf(out, "- invocation %" PRIu64 " %s: ", one->number,
                      one->outcome == OUTCOME_TIMED_OUT ? "timed out" : outcome_name(one->outcome));
        put_code(out, span_of(one->function));
        if (one->error) {
            markup_put(out, " ");
            put_code(out, span_of(one->error));
        }
        markup_put(out, "\n");
        told++;
    }
    if (told)
        markup_put(out, "\n");
}

int markdown_write(const struct model *model, const struct checks *checks, struct buf *out,
                   struct error *error)
{
    struct markup markdown = {.out = out};
    put_head(&markdown, model);
    put_checks(&markdown, checks);
    put_leaks(&markdown, model);
    put_failed(&markdown, model);
    put_lines(&markdown, model);
    return markdown.full ? told_refuse(out, error) : 0;
}
