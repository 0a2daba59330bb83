/*
 * A leak is called one only where the verdict is certain. What is suspected says what is missing,
 * and where nothing can be said yet, how many invocations more that takes: silence would be taken
 * for "no leak".
 */
#include "config.h"
#include "tui/leak_words.h"

#include <inttypes.h>
#include <stdio.h>

#include "model/line.h"

bool leak_words_known(const struct model *model)
{
    return !leaks_unknown(model) && (model->leaks.certain > 0 || leaks_missing(model) == 0);
}

/* At most 4 columns: "412B", "2.0K", "16M". */
static void format_short(char out[FORMAT_SIZE], int64_t bytes)
{
    static const char units[] = "KMGTPE";
    double value = (double)bytes / 1024;
    size_t unit = 0;
    if (bytes < 1000) {
        snprintf(out, FORMAT_SIZE, "%" PRId64 "B", bytes);
        return;
    }
    for (; value >= 999.5 && unit + 2 < sizeof units; unit++)
        value /= 1024;
    snprintf(out, FORMAT_SIZE, "%.*f%c", value < 9.95 ? 1 : 0, value, units[unit]);
}

void leak_words_mark(char out[FORMAT_SIZE], const struct leak *leak)
{
    char bytes[FORMAT_SIZE];
    format_short(bytes, leak->bytes_per_invocation);
    snprintf(out, FORMAT_SIZE, "%.8s/inv%s", bytes, leak->state == LEAK_CERTAIN ? "!" : "?");
}

const char *leak_words_sign(const struct leak *leak)
{
    return leak->state == LEAK_CERTAIN ? "L" : "?";
}

enum style leak_words_style(const struct leak *leak)
{
    return leak->state == LEAK_CERTAIN ? STYLE_ERROR : STYLE_WARNING;
}

/* Of whom it is kept: "of every invocation, 7 of 7". */
static void append_keepers(const struct leak *leak, struct buf *out)
{
    if (leak->is_outside)
        buf_printf(out, " more with each invocation, which none of them allocates");
    else if (leak->of == 0)
        buf_printf(out, " more with each invocation");
    else if (leak->kept == leak->of && leak->state == LEAK_CERTAIN)
        buf_printf(out, " of every invocation, %" PRIu32 " of %" PRIu32, leak->kept, leak->of);
    else
        buf_printf(out, " of %" PRIu32 " of %" PRIu32 " invocation%s", leak->kept, leak->of,
                   leak->of == 1 ? "" : "s");
}

void leak_words_line(const struct leak *leak, struct buf *out)
{
    char bytes[FORMAT_SIZE];
    bool is_certain = leak->state == LEAK_CERTAIN;
    format_bytes(bytes, leak->bytes_per_invocation);
    buf_printf(out, "%s %s%s", is_certain ? "keeps" : "has kept", bytes,
               leak->is_native ? " (native)" : "");
    append_keepers(leak, out);
    if (is_certain)
        buf_printf(out, ": LEAK");
    else if (leak->is_bounded)
        buf_printf(out, "; its holder drops old ones by itself");
    else if (leak->kept < LEAK_EVIDENCE)
        buf_printf(out, "; %d are needed", LEAK_EVIDENCE);
    else
        buf_printf(out, "; not yet for long enough");
}

static void append_missing(const struct model *model, struct buf *out)
{
    unsigned missing = leaks_missing(model);
    buf_printf(out, "%u more invocation%s needed", missing, missing == 1 ? " is" : "s are");
}

/* Over all invocations, not only those of which the line keeps something. */
static int64_t mean_bytes(const struct leak *leak)
{
    double share = leak->of > leak->kept ? (double)leak->kept / leak->of : 1;
    return (int64_t)((double)leak->bytes_per_invocation * share);
}

static void append_certain(const struct leaks *leaks, struct buf *out)
{
    char bytes[FORMAT_SIZE];
    int64_t sum_bytes = 0;
    for (size_t i = 0; i < leaks->certain; i++)
        sum_bytes = line_bytes_add(sum_bytes, mean_bytes(&leaks->items[i]));
    format_bytes(bytes, sum_bytes);
    if (leaks->certain == 1)
        buf_printf(out, "1 line leaks: %s an invocation", bytes);
    else
        buf_printf(out, "%zu lines leak: together %s an invocation", leaks->certain, bytes);
}

void leak_words_verdict(const struct model *model, struct buf *out)
{
    const struct leaks *leaks = &model->leaks;
    size_t suspects = leaks->count - leaks->certain;
    if (leaks->is_unknown) {
        buf_printf(out, "leaks are not known");
        return;
    }
    if (leaks->certain) {
        append_certain(leaks, out);
        if (suspects)
            buf_printf(out, "; %zu more %s suspected", suspects, suspects == 1 ? "is" : "are");
        return;
    }
    buf_printf(out, "no line leaks so far");
    if (suspects)
        buf_printf(out, "; %zu %s suspected", suspects, suspects == 1 ? "is" : "are");
    if (leaks_missing(model) == 0)
        return;
    buf_printf(out, "; for a verdict ");
    append_missing(model, out);
}

void leak_words_none(const struct model *model, bool is_recording, struct buf *out)
{
    unsigned missing = leaks_missing(model), over = leaks_over(model, 0);
    if (model->leaks.is_unknown) {
        buf_printf(out, "whether a line leaks is not known:\n%s", leaks_unknown(model));
    } else if (is_recording && over == 0) {
        buf_printf(out, "there is nothing here by which leaks could be told");
    } else if (missing) {
        buf_printf(out, "whether a line leaks cannot be said yet: ");
        append_missing(model, out);
        buf_printf(out,
                   "\nthe first %d fill caches, what the newest %d left may still be freed;"
                   "\n%d between them are evidence%s",
                   LEAK_WARM_UP, LEAK_RECENT, LEAK_JUDGED,
                   is_recording || model->is_program ? "" : ": R sends them");
    } else {
        buf_printf(out,
                   "no line leaks: nothing stays of one invocation after another"
                   "\n%u invocations were looked at",
                   over);
    }
}
