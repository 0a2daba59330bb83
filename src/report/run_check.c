#include "config.h"
#include "report/run_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "base/text.h"
#include "report/evidence.h"
#include "report/leak_text.h"

enum { NAME_SIZE = 200 };

static bool has_leak(const struct model *model, struct check *check)
{
    char sentence[EVIDENCE_SENTENCE];
    const struct leaks *leaks = &model->leaks;
    if (leaks_undecided(model)) {
        char open[LEAK_OPEN];
        check->is_undecided = true;
        snprintf(check->why, sizeof check->why, "%s", leak_undecided(open, model));
        return false;
    }
    if (leaks->certain == 0) {
        snprintf(check->why, sizeof check->why, "no line leaks");
        return false;
    }
    evidence_sentence(sentence, model, &leaks->items[0]);
    snprintf(check->why, sizeof check->why, "%zu line%s leak%s; %s", leaks->certain,
             leaks->certain == 1 ? "" : "s", leaks->certain == 1 ? "s" : "", sentence);
    return true;
}

static bool has_rss(const struct model *model, struct check *check)
{
    char peak[SIZE_TEXT];
    snprintf(check->why, sizeof check->why, "the %s peak is %s",
             model->meter ? model->meter : "RSS", size_format(peak, model->rss_peak_bytes));
    return model->rss_peak_bytes > check->condition.bytes;
}

static bool has_increment(const struct model *model, struct check *check)
{
    const struct file *found = NULL;
    uint32_t at = 0;
    int64_t most = INT64_MIN;
    char name[NAME_SIZE], bytes[SIZE_TEXT];
    for (size_t i = 0; i < model->file_count; i++) {
        const struct file *file = model->files[i];
        for (uint32_t line = 1; line <= file->line_count; line++) {
            int64_t increment_bytes = file->lines[line - 1].total.increment_bytes;
            if (increment_bytes <= most || !model_reports_line(model, file, line))
                continue;
            most = increment_bytes;
            found = file;
            at = line;
        }
    }
    if (!found)
        return false;
    text_clean(name, sizeof name, found->display, strlen(found->display));
    snprintf(check->why, sizeof check->why, "line %" PRIu32 " of %s has an increment of %s", at,
             name, size_format(bytes, most));
    return most > check->condition.bytes;
}

void run_check(const struct model *model, const struct fail_on *set, struct checks *checks)
{
    checks->count = set->count;
    for (size_t i = 0; i < set->count; i++) {
        struct check *check = &checks->items[i];
        *check = (struct check){.condition = set->items[i]};
        if (check->condition.kind == FAIL_ON_LEAK)
            check->holds = has_leak(model, check);
        else if (check->condition.kind == FAIL_ON_RSS)
            check->holds = has_rss(model, check);
        else if (check->condition.kind == FAIL_ON_INCREMENT)
            check->holds = has_increment(model, check);
    }
}

bool checks_hold(const struct checks *checks)
{
    for (size_t i = 0; i < checks->count; i++)
        if (checks->items[i].holds)
            return true;
    return false;
}

bool checks_hold_kind(const struct checks *checks, enum fail_on_kind kind)
{
    for (size_t i = 0; i < checks->count; i++)
        if (checks->items[i].holds && checks->items[i].condition.kind == kind)
            return true;
    return false;
}
