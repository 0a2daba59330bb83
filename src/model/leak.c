/*
 * What tells a leak from what only looks like one is time: everything that an invocation leaves is
 * alive for a while. So the newest invocations are no evidence, since what is handed over to the
 * next ones is still on its way; nor are the first, which fill caches, import and connect. Of those
 * between, some must keep what they left, and no such pattern may be seen as bounded stores have:
 *
 *   fill and stop   caches, pools: the older of them keep, and the newer ones do not
 *   sliding         ring buffers, LRU and TTL caches: the newer keep, the oldest do no more
 *
 * The line is asked only about invocations that have run it or left something of it: what leaks in
 * every third request, or where there was an exception, leaks.
 */
#include "config.h"
#include "model/leak.h"

#include <stdlib.h>

#include "base/mem.h"
#include "model/kept.h"
#include "model/model.h"

struct evidence {
    uint64_t number;
    int64_t left_bytes;
    int64_t alive_bytes;
};

static int compare_numbers(const void *a, const void *b)
{
    const struct evidence *left = a, *right = b;
    return left->number < right->number ? -1 : left->number > right->number;
}

/* The places of invocations that may be evidence, oldest first. */
static size_t eligible_places(const struct model *model, struct evidence places[KEPT_WINDOW],
                              size_t at[KEPT_WINDOW])
{
    const struct kept *kept = &model->kept;
    size_t count = 0;
    for (size_t i = 0; i < KEPT_WINDOW; i++)
        if (kept->invocations[i].number != KEPT_NOBODY && !kept->invocations[i].is_running)
            places[count++] =
                (struct evidence){.number = kept->invocations[i].number, .left_bytes = (int64_t)i};
    qsort(places, count, sizeof *places, compare_numbers);
    size_t first = 0;
    while (first < count && places[first].number <= LEAK_WARM_UP)
        first++;
    size_t end = count > first + LEAK_RECENT ? count - LEAK_RECENT : first;
    for (size_t i = first; i < end; i++)
        at[i - first] = (size_t)places[i].left_bytes;
    return end - first;
}

/* What the line has of these, those left out that have nothing to do with it. */
static size_t gather(const struct model *model, const struct kept_line *line, const size_t *at,
                     size_t count, struct evidence out[KEPT_WINDOW])
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        struct evidence part = {.number = model->kept.invocations[at[i]].number,
                                .left_bytes = line->left_bytes[at[i]],
                                .alive_bytes = line->alive_bytes[at[i]]};
        const struct invocation *invocation = invocations_find(&model->invocations, part.number);
        bool has_run = invocation && invocation_line_stats(invocation, line->file, line->line);
        if (has_run || part.left_bytes > 0)
            out[found++] = part;
    }
    return found;
}

static uint32_t count_keeping(const struct evidence *parts, size_t count)
{
    uint32_t keeping = 0;
    for (size_t i = 0; i < count; i++)
        keeping += parts[i].alive_bytes > 0;
    return keeping;
}

/* The older half keeps more often than the newer one: three fifths are asked of that. */
static bool has_stopped(const struct evidence *parts, size_t count)
{
    size_t half = count / 2;
    uint32_t older = count_keeping(parts, half), newer = count_keeping(parts + count - half, half);
    return 5 * newer < 3 * older;
}

/* The oldest that left something keeps nothing of it. */
static bool is_sliding(const struct evidence *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (parts[i].left_bytes > 0 || parts[i].alive_bytes > 0)
            return parts[i].alive_bytes <= 0;
    return false;
}

static bool judge(const struct model *model, const struct kept_line *line, const size_t *at,
                  size_t count, struct leak *leak)
{
    struct evidence parts[KEPT_WINDOW];
    size_t found = gather(model, line, at, count, parts);
    *leak = (struct leak){.file = line->file, .line = line->line, .of = (uint32_t)found};
    int64_t sum_bytes = 0;
    for (size_t i = 0; i < found; i++) {
        if (parts[i].alive_bytes <= 0)
            continue;
        leak->first_number = leak->kept ? leak->first_number : parts[i].number;
        leak->last_number = parts[i].number;
        leak->kept++;
        sum_bytes = line_bytes_add(sum_bytes, parts[i].alive_bytes);
    }
    if (leak->kept == 0 || has_stopped(parts, found) || is_sliding(parts, found))
        return false;
    leak->bytes_per_invocation = sum_bytes / leak->kept;
    leak->state = leak->kept >= LEAK_EVIDENCE ? LEAK_CERTAIN : LEAK_SUSPECT;
    for (size_t i = 0; i < KEPT_WINDOW; i++)
        if (model->kept.invocations[i].number != KEPT_NOBODY)
            leak->alive_bytes = line_bytes_add(leak->alive_bytes, line->alive_bytes[i]);
    return leak->bytes_per_invocation > 0;
}

static int compare_leaks(const void *a, const void *b)
{
    const struct leak *left = a, *right = b;
    if (left->state != right->state)
        return left->state > right->state ? -1 : 1;
    if (left->bytes_per_invocation != right->bytes_per_invocation)
        return left->bytes_per_invocation > right->bytes_per_invocation ? -1 : 1;
    if (left->file != right->file)
        return left->file < right->file ? -1 : 1;
    return left->line < right->line ? -1 : left->line > right->line;
}

void leaks_judge(const struct model *model, struct leaks *leaks)
{
    struct evidence places[KEPT_WINDOW];
    size_t at[KEPT_WINDOW];
    size_t count = eligible_places(model, places, at), found = 0;
    leaks->count = leaks->certain = 0;
    struct leak *all = mem_calloc(model->kept.line_count, sizeof *all);
    for (size_t i = 0; i < model->kept.line_count; i++)
        if (model->kept.lines[i].line &&
            judge(model, &model->kept.lines[i], at, count, &all[found]))
            found++;
    qsort(all, found, sizeof *all, compare_leaks);
    for (size_t i = 0; i < found && i < LEAK_MAX; i++) {
        leaks->items[leaks->count++] = all[i];
        leaks->certain += all[i].state == LEAK_CERTAIN;
    }
    free(all);
}

const struct leak *leaks_find(const struct leaks *leaks, uint32_t file, uint32_t line)
{
    for (size_t i = 0; i < leaks->count; i++)
        if (leaks->items[i].line == line && leaks->items[i].file == file)
            return &leaks->items[i];
    return NULL;
}
