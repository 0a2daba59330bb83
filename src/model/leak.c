/*
 * What tells a leak from what only looks like one is time: everything that an invocation leaves is
 * alive for a while. So the newest invocations are no evidence for a leak, since what is handed
 * over to the next ones is still on its way; nor are the first of each function, which fill caches,
 * import and connect; nor is what no collection has gone over yet. Of those between some must keep
 * what they left, and no such pattern may be seen as bounded stores have:
 *
 *   fill and stop   caches, pools, lazy imports: the older keep, and the newer do not. It is asked
 *                   of all that ran such a function, since who finds a thing in a cache does not
 *                   run the line that puts it there; and of the newest, too, since who leaves
 *                   nothing says so at once.
 *   sliding         ring buffers, LRU and TTL caches: the newer keep, the oldest do no more.
 *   random          caches that throw out any: some of those that left something keep it, the older
 *                   the fewer. Where what some left is gone, it takes more of the others.
 *   full            LRU caches of more than the window: what is alive of all, older ones included,
 *                   stands still from moment to moment (model/kept.h).
 *
 * What leaks in every third request, or where there was an exception, leaves something in few, but
 * these keep it, early and late alike.
 *
 * Two kinds of leaks are in no invocation. What is replaced by something larger each time (a text
 * that is added to, a bytearray) leaves the newest with all of it; and threads of the app have
 * none. There the sum of what is alive of the line must grow from moment to moment, never fall, and
 * as fast late as early.
 */
#include "config.h"
#include "model/leak.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/kept.h"
#include "model/model.h"

_Static_assert((int)LEAK_RECENT == (int)KEPT_RECENT, "what is on its way is the same");

enum {
    MIXED_EVIDENCE = 8,      /* those that keep, where what others left is gone */
    RISES = 5,               /* intervals between moments, of a growth */
    GROWTH_LEAST_BYTES = 64, /* an invocation: what has a number in it grows by a digit */
    FULL_SPAN = 8,           /* invocations between two moments that tell whether a store is full */
};

/* An invocation that is over and no warm-up, oldest first. */
struct place {
    size_t at; /* in the table */
    uint64_t number;
    const struct invocation *invocation; /* NULL: no longer known */
    uint32_t function;                   /* the place of the first one of the same */
    bool is_eligible;                    /* neither one of the newest nor after the last moment */
};

struct timeline_of_places {
    struct place places[KEPT_WINDOW];
    size_t count;
};

/* What an invocation tells of a line: of those that run a function which has run the line. */
struct evidence {
    uint64_t number;
    int64_t left_bytes, alive_bytes, other_bytes;
    bool has_run; /* the line, or left something of it */
    bool is_eligible;
};

struct evidence_list {
    struct evidence items[KEPT_WINDOW];
    size_t count;
    size_t eligible;
};

/* ---- the invocations ---- */

static int compare_numbers(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    return left->number < right->number ? -1 : left->number > right->number;
}

/* The lowest number of this worker's invocations. A recording of before version 6 has none: there
 * those count that were added after its load. */
static uint64_t first_of_worker(const struct model *model)
{
    const struct invocation *load = invocations_find(&model->invocations, 0);
    if (model->kept.first_number != KEPT_NOBODY)
        return model->kept.first_number;
    size_t at = load ? invocations_place(&model->invocations, load->serial + 1) : 0;
    return at < model->invocations.count ? model->invocations.kept[at]->number : KEPT_NOBODY;
}

/* Is it one of the first of its function in this worker? */
static bool is_warm_up(const struct model *model, const struct invocation *invocation)
{
    uint64_t first = first_of_worker(model);
    size_t before = 0;
    for (size_t i = 0; i < model->invocations.count && before < LEAK_WARM_UP; i++) {
        const struct invocation *other = model->invocations.kept[i];
        before += other->number >= first && other->number != 0 &&
                  other->number < invocation->number &&
                  strcmp(other->function, invocation->function) == 0;
    }
    return before < LEAK_WARM_UP;
}

const char *leaks_unknown(const struct model *model)
{
    if (!model->heap.is_on)
        return "allocations were not counted";
    return model->leaks.is_unknown ? "this recording is of a pymemtop that did not tell them"
                                   : NULL;
}

unsigned leaks_over(const struct model *model, uint64_t after)
{
    unsigned count = 0;
    for (size_t i = 0; i < KEPT_WINDOW; i++) {
        const struct kept_invocation *one = &model->kept.invocations[i];
        count += one->number != KEPT_NOBODY && one->number > 0 && !one->is_running &&
                 one->number > after;
    }
    return count;
}

unsigned leaks_missing(const struct model *model)
{
    unsigned count = leaks_over(model, 0);
    return count < LEAK_ENOUGH ? LEAK_ENOUGH - count : 0;
}

bool leaks_undecided(const struct model *model)
{
    return !leaks_unknown(model) && model->leaks.certain == 0 && leaks_missing(model) > 0;
}

enum leak_role leaks_role(const struct model *model, uint64_t number)
{
    const struct invocation *invocation = invocations_find(&model->invocations, number);
    for (size_t i = 0; i < KEPT_WINDOW; i++)
        if (model->kept.invocations[i].number == number && model->kept.invocations[i].is_running)
            return LEAK_ROLE_RUNNING;
    if (invocation && is_warm_up(model, invocation))
        return LEAK_ROLE_FIRST;
    return leaks_over(model, number) < LEAK_RECENT ? LEAK_ROLE_NEWEST : LEAK_ROLE_EVIDENCE;
}

static uint32_t find_function(const struct timeline_of_places *all, size_t index)
{
    const struct invocation *invocation = all->places[index].invocation;
    for (size_t i = 0; invocation && i < index; i++)
        if (all->places[i].invocation &&
            strcmp(all->places[i].invocation->function, invocation->function) == 0)
            return all->places[i].function;
    return (uint32_t)index;
}

static void drop_warm_up(const struct model *model, struct timeline_of_places *all)
{
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++) {
        const struct invocation *invocation =
            invocations_find(&model->invocations, all->places[i].number);
        if (invocation && is_warm_up(model, invocation))
            continue;
        all->places[count] = all->places[i];
        all->places[count].invocation = invocation;
        all->places[count].function = find_function(all, count);
        count++;
    }
    all->count = count;
}

static void find_places(const struct model *model, struct timeline_of_places *all)
{
    const struct kept *kept = &model->kept;
    all->count = 0;
    for (size_t i = 0; i < KEPT_WINDOW; i++)
        if (kept->invocations[i].number != KEPT_NOBODY && !kept->invocations[i].is_running)
            all->places[all->count++] = (struct place){
                .at = i,
                .number = kept->invocations[i].number,
                .is_eligible = kept->moment_count == 0 || kept->invocations[i].moment > 0};
    qsort(all->places, all->count, sizeof *all->places, compare_numbers);
    for (size_t i = all->count - (all->count < LEAK_RECENT ? all->count : LEAK_RECENT);
         i < all->count; i++)
        all->places[i].is_eligible = false;
    drop_warm_up(model, all);
}

/* ---- what they left of a line ---- */

static struct evidence look_at(const struct kept_line *line, const struct place *place)
{
    struct evidence evidence = {.number = place->number,
                                .left_bytes = line->left_bytes[place->at],
                                .alive_bytes = line->alive_bytes[place->at],
                                .other_bytes = line->alive_other_bytes[place->at],
                                .is_eligible = place->is_eligible};
    evidence.has_run =
        evidence.left_bytes > 0 || evidence.alive_bytes > 0 ||
        (place->invocation && invocation_line_stats(place->invocation, line->file, line->line));
    return evidence;
}

static void gather(const struct kept_line *line, const struct timeline_of_places *all,
                   struct evidence_list *list)
{
    bool runs[KEPT_WINDOW] = {false}; /* by function */
    struct evidence every[KEPT_WINDOW];
    for (size_t i = 0; i < all->count; i++) {
        every[i] = look_at(line, &all->places[i]);
        runs[all->places[i].function] |= every[i].has_run;
    }
    list->count = list->eligible = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (!runs[all->places[i].function])
            continue;
        list->items[list->count++] = every[i];
        list->eligible += every[i].is_eligible;
    }
}

static uint32_t count_keeping(const struct evidence *items, size_t count)
{
    uint32_t keeping = 0;
    for (size_t i = 0; i < count; i++)
        keeping += items[i].alive_bytes > 0;
    return keeping;
}

/* Less than three fifths. */
static bool is_much_less(uint64_t a, uint64_t b)
{
    return 5 * a < 3 * b;
}

static bool has_stopped(const struct evidence_list *list)
{
    size_t half = list->count / 2;
    return is_much_less(count_keeping(list->items + list->count - half, half),
                        count_keeping(list->items, half));
}

/* Of those that may be evidence and left something: how many, and how many keep it. */
struct share {
    size_t left, kept;
};

/* Of the oldest `most` of them among the items. */
static struct share share_of(const struct evidence *items, size_t count, size_t most)
{
    struct share share = {0};
    for (size_t i = 0; i < count && share.left < most; i++) {
        bool keeps = items[i].alive_bytes > 0;
        if (!items[i].is_eligible || (items[i].left_bytes <= 0 && !keeps))
            continue;
        share.left++;
        share.kept += keeps;
    }
    return share;
}

static bool is_much_smaller(struct share a, struct share b)
{
    return is_much_less(a.kept * b.left, b.kept * a.left);
}

/* What the oldest have left is gone, and what others have left is not: as soon as there are enough
 * of them, the oldest few are asked, of whom by chance the very first may be none that leaks. */
static bool is_sliding(const struct evidence_list *list, struct share all)
{
    bool is_chance = all.kept >= MIXED_EVIDENCE && 4 * all.kept < 3 * all.left;
    struct share oldest = share_of(list->items, list->count, is_chance ? MIXED_EVIDENCE : 1);
    return is_much_smaller(oldest, all);
}

/* What the older have left goes sooner or later. */
static bool is_fading(const struct evidence_list *list)
{
    size_t half = list->count / 2;
    return is_much_smaller(share_of(list->items, half, half),
                           share_of(list->items + list->count - half, half, half));
}

/* Does a store look full: does about as much live of the line as some moments ago, though so many
 * of the invocations since keep something? Asked where more have ended than are surely told apart.
 */
static enum fullness {
    GROWING,
    FULL,
    NOT_TOLD
} fullness_of(const struct kept *kept, const struct kept_line *line,
              const struct evidence_list *list, int64_t mean_bytes)
{
    const struct kept_moment *moments = kept->moments;
    size_t last = kept->moment_count - 1, from = last;
    if (kept->moment_count == 0)
        return NOT_TOLD;
    if (list->count < KEPT_WINDOW / 2)
        return GROWING; /* one that is full would be seen to slide */
    while (from > 0 && moments[last].ended - moments[from].ended < FULL_SPAN)
        from--;
    uint64_t span = moments[last].ended - moments[from].ended;
    if (span < KEPT_TOGETHER)
        return NOT_TOLD;
    int64_t growth = line_bytes_sub(line->then[last].settled_bytes, line->then[from].settled_bytes);
    double wanted = (double)mean_bytes * (double)span * count_keeping(list->items, list->count) /
                    (double)list->count;
    return (double)growth < wanted / 2 ? FULL : GROWING;
}

/* ---- kept by invocations ---- */

static void sum_up(const struct evidence_list *list, struct leak *leak)
{
    int64_t sum_bytes = 0, other_bytes = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct evidence *item = &list->items[i];
        leak->of += item->is_eligible && item->has_run;
        if (!item->is_eligible || item->alive_bytes <= 0)
            continue;
        leak->first_number = leak->kept ? leak->first_number : item->number;
        leak->last_number = item->number;
        leak->kept++;
        sum_bytes = line_bytes_add(sum_bytes, item->alive_bytes);
        other_bytes = line_bytes_add(other_bytes, item->other_bytes);
    }
    leak->bytes_per_invocation = leak->kept ? sum_bytes / leak->kept : 0;
    leak->is_native = other_bytes > sum_bytes / 2;
}

static bool judge_invocations(const struct kept *kept, const struct kept_line *line,
                              const struct evidence_list *list, struct leak *leak)
{
    struct share share = share_of(list->items, list->count, list->count);
    sum_up(list, leak);
    if (leak->bytes_per_invocation <= 0 || has_stopped(list) || is_sliding(list, share) ||
        is_fading(list))
        return false;
    enum fullness fullness = fullness_of(kept, line, list, leak->bytes_per_invocation);
    if (fullness == FULL)
        return false;
    uint32_t wanted = share.kept < share.left ? MIXED_EVIDENCE : LEAK_EVIDENCE;
    bool is_certain = fullness == GROWING && list->eligible >= LEAK_JUDGED && leak->kept >= wanted;
    leak->state = is_certain ? LEAK_CERTAIN : LEAK_SUSPECT;
    return true;
}

/* ---- growth ---- */

struct growth {
    uint64_t intervals, rises;
    int64_t bytes;
};

/* Between the moments from `first` to `last`; false where it has fallen once. */
static bool measure(const struct kept_line *line, size_t first, size_t last, struct growth *growth)
{
    *growth = (struct growth){.intervals = last - first};
    for (size_t i = first; i < last; i++) {
        int64_t more = line_bytes_sub(line->then[i + 1].all_bytes, line->then[i].all_bytes);
        if (more < 0)
            return false;
        growth->rises += more > 0;
        growth->bytes = line_bytes_add(growth->bytes, more);
    }
    return true;
}

/* Bytes alive of all invocations that are told apart but the one that has most. */
static int64_t spread_bytes(const struct evidence_list *list)
{
    int64_t sum_bytes = 0, most_bytes = 0;
    for (size_t i = 0; i < list->count; i++) {
        int64_t bytes = list->items[i].alive_bytes;
        sum_bytes = line_bytes_add(sum_bytes, bytes);
        most_bytes = bytes > most_bytes ? bytes : most_bytes;
    }
    return line_bytes_sub(sum_bytes, most_bytes);
}

/* The first moment at which the functions were warm. */
static size_t first_warm(const struct kept *kept)
{
    size_t first = 0;
    while (first < kept->moment_count && kept->moments[first].ended < LEAK_WARM_UP)
        first++;
    return first;
}

static bool has_all(const struct evidence_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].alive_bytes > 0 || list->items[i].left_bytes > 0)
            return true;
    return false;
}

static bool judge_growth(const struct kept *kept, const struct kept_line *line,
                         const struct evidence_list *list, struct leak *leak)
{
    struct growth all, older, newer;
    size_t first = first_warm(kept), last = kept->moment_count - 1;
    if (kept->moment_count == 0 || first > last || last - first < RISES ||
        !measure(line, first, last, &all))
        return false;
    size_t half = (last - first) / 2;
    measure(line, first, first + half, &older);
    measure(line, last - half, last, &newer);
    if (all.rises < RISES || 3 * all.rises < all.intervals ||
        is_much_less((uint64_t)newer.bytes, (uint64_t)older.bytes) ||
        spread_bytes(list) > all.bytes / 2)
        return false;
    uint64_t ended = kept->moments[last].ended - kept->moments[first].ended;
    *leak = (struct leak){.file = line->file, .line = line->line, .state = LEAK_CERTAIN};
    leak->bytes_per_invocation = all.bytes / (int64_t)(ended ? ended : 1);
    leak->is_outside = !has_all(list);
    return leak->bytes_per_invocation >= GROWTH_LEAST_BYTES;
}

/* ---- what holders tell ---- */

/* Nine tenths of what holders have of the invocations that may keep is held by what drops old ones
 * by itself. What there is once, as a cache of the first call, is not what grows; it is told last,
 * so that where it is told all else is. */
static bool is_bounded(const struct model *model, const struct leak *leak)
{
    const struct holders *holders = holders_list_find(&model->evidence, leak->file, leak->line);
    int64_t all_bytes = 0, bounded_bytes = 0;
    bool is_all = holders && holders->chain_count < HOLDERS_CHAINS;
    if (!holders || holders->state != HOLDERS_READY)
        return false;
    for (size_t i = 0; i < holders->chain_count; i++) {
        const struct holders_chain *chain = &holders->chains[i];
        if (chain->newest_number < leak->first_number) {
            is_all = true;
            continue;
        }
        all_bytes = line_bytes_add(all_bytes, chain->bytes);
        if (chain->is_bounded)
            bounded_bytes = line_bytes_add(bounded_bytes, chain->bytes);
    }
    return is_all && bounded_bytes > 0 && bounded_bytes >= all_bytes - all_bytes / 10;
}

/* ---- the whole ---- */

static void add_alive(const struct kept *kept, const struct kept_line *line, struct leak *leak)
{
    int64_t other_bytes = line->earlier_other_bytes, all_bytes = line->earlier_bytes;
    for (size_t i = 0; i < KEPT_WINDOW; i++) {
        if (kept->invocations[i].number == KEPT_NOBODY)
            continue;
        leak->alive_bytes = line_bytes_add(leak->alive_bytes, line->alive_bytes[i]);
        other_bytes = line_bytes_add(other_bytes, line->alive_other_bytes[i]);
    }
    all_bytes = line_bytes_add(all_bytes, leak->alive_bytes);
    if (leak->of)
        return;
    leak->alive_bytes = all_bytes;
    leak->is_native = other_bytes > all_bytes / 2;
}

static bool judge(const struct model *model, const struct kept_line *line,
                  const struct timeline_of_places *all, struct leak *leak)
{
    struct evidence_list list;
    gather(line, all, &list);
    *leak = (struct leak){.file = line->file, .line = line->line};
    bool found = judge_invocations(&model->kept, line, &list, leak);
    if (!found || leak->state != LEAK_CERTAIN) {
        struct leak growth;
        if (judge_growth(&model->kept, line, &list, &growth)) {
            *leak = growth;
            found = true;
        }
    }
    if (!found)
        return false;
    add_alive(&model->kept, line, leak);
    leak->is_bounded = leak->state == LEAK_CERTAIN && is_bounded(model, leak);
    if (leak->is_bounded)
        leak->state = LEAK_SUSPECT;
    return true;
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
    struct timeline_of_places all;
    size_t found = 0;
    leaks->count = leaks->certain = 0;
    find_places(model, &all);
    struct leak *every = mem_calloc(model->kept.line_count, sizeof *every);
    for (size_t i = 0; i < model->kept.line_count; i++)
        if (model->kept.lines[i].line && judge(model, &model->kept.lines[i], &all, &every[found]))
            found++;
    qsort(every, found, sizeof *every, compare_leaks);
    for (size_t i = 0; i < found && i < LEAK_MAX; i++) {
        leaks->items[leaks->count++] = every[i];
        leaks->certain += every[i].state == LEAK_CERTAIN;
    }
    free(every);
}

const struct leak *leaks_find(const struct leaks *leaks, uint32_t file, uint32_t line)
{
    for (size_t i = 0; i < leaks->count; i++)
        if (leaks->items[i].line == line && leaks->items[i].file == file)
            return &leaks->items[i];
    return NULL;
}
