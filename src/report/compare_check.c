#include "config.h"
#include "report/compare_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "base/text.h"

enum { NAME_SIZE = 200 };

static const char *what_memory(const struct compare *compare)
{
    return compare->of_heap ? "heap" : "RSS";
}

static bool has_grown(const struct compare *compare, const struct fail_on_condition *condition,
                      char why[512])
{
    char before[SIZE_TEXT], after[SIZE_TEXT];
    int64_t bytes = compare_growth_bytes(compare);
    double percent = compare_growth_percent(compare);
    if (condition->is_percent ? bytes <= 0 || percent <= condition->percent
                              : bytes <= condition->bytes)
        return false;
    snprintf(why, 512,
             "the %s grew by %" PRId64 " bytes (%.1f %%), from %s to %s at the end of "
             "invocation %" PRIu64,
             what_memory(compare), bytes, percent,
             size_format(before, compare->before.memory_bytes),
             size_format(after, compare->after.memory_bytes), compare->after.number);
    return true;
}

static bool has_rss(const struct compare *compare, const struct fail_on_condition *condition,
                    char why[512])
{
    char peak[SIZE_TEXT];
    int64_t bytes = compare->after.model->rss_peak_bytes;
    if (bytes <= condition->bytes)
        return false;
    snprintf(why, 512, "the RSS peak is %s", size_format(peak, bytes));
    return true;
}

static bool has_increment(const struct compare *compare, const struct fail_on_condition *condition,
                          char why[512])
{
    const struct compare_line *found = NULL;
    char name[NAME_SIZE];
    int64_t most = condition->bytes;
    for (size_t i = 0; i < compare->count; i++) {
        const struct compare_line *line = &compare->lines[i];
        int64_t more = line_bytes_sub(line->after.increment_bytes, line->before.increment_bytes);
        found = line->after.line && more > most ? line : found;
        most = found == line ? more : most;
    }
    if (!found)
        return false;
    const char *display = compare->after.model->files[found->after.file]->display;
    text_clean(name, sizeof name, display, strlen(display));
    snprintf(why, 512,
             "line %" PRIu32 " of %s has an increment of %" PRId64 " bytes an invocation, %" PRId64
             " more than before",
             found->after.line, name, found->after.increment_bytes, most);
    return true;
}

struct compare_verdict compare_check(const struct compare *compare, const struct fail_on *set)
{
    struct compare_verdict verdict = {0};
    for (size_t i = 0; i < set->count; i++) {
        const struct fail_on_condition *condition = &set->items[i];
        bool holds = false;
        if (condition->kind == FAIL_ON_GROWTH)
            holds = has_grown(compare, condition, verdict.why);
        else if (condition->kind == FAIL_ON_RSS)
            holds = has_rss(compare, condition, verdict.why);
        else if (condition->kind == FAIL_ON_INCREMENT)
            holds = has_increment(compare, condition, verdict.why);
        if (!holds)
            continue;
        verdict.condition = condition;
        return verdict;
    }
    return verdict;
}
