/*
 * The rows of a census are sorted by place and type, so that two of them are compared by going
 * through both once. There are some thousands at the most (the host sees to that).
 */
#include "config.h"
#include "model/live_census.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void live_census_add(struct live_census *census, const struct live_row *row)
{
    if (census->row_count == census->row_capacity) {
        census->row_capacity = census->row_capacity ? 2 * census->row_capacity : 64;
        census->rows = mem_resize(census->rows, census->row_capacity, sizeof *census->rows);
    }
    census->rows[census->row_count] = *row;
    census->rows[census->row_count++].type = mem_strdup(row->type);
}

static int compare_rows(const void *a, const void *b)
{
    const struct live_row *left = a, *right = b;
    if (left->file != right->file)
        return left->file < right->file ? -1 : 1;
    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    return strcmp(left->type, right->type);
}

void live_census_close(struct live_census *census)
{
    size_t count = 0;
    if (census->row_count)
        qsort(census->rows, census->row_count, sizeof *census->rows, compare_rows);
    for (size_t i = 0; i < census->row_count; i++) {
        struct live_row *row = &census->rows[i];
        struct live_row *last = count ? &census->rows[count - 1] : NULL;
        if (last && compare_rows(last, row) == 0) {
            last->count += row->count;
            last->bytes += row->bytes;
            free(row->type);
        } else {
            census->rows[count++] = *row;
        }
    }
    census->row_count = count;
    census->is_taken = true;
}

struct live_sum live_census_sum(const struct live_census *census)
{
    struct live_sum sum = census->others;
    for (size_t i = 0; i < census->row_count; i++) {
        sum.count += census->rows[i].count;
        sum.bytes += census->rows[i].bytes;
    }
    return sum;
}

void live_census_clear(struct live_census *census)
{
    for (size_t i = 0; i < census->row_count; i++)
        free(census->rows[i].type);
    free(census->rows);
    free(census->problem);
    *census = (struct live_census){0};
}

static struct live_census copy_census(const struct live_census *from)
{
    struct live_census copy = *from;
    copy.rows = NULL;
    copy.row_count = copy.row_capacity = 0;
    for (size_t i = 0; i < from->row_count; i++)
        live_census_add(&copy, &from->rows[i]);
    copy.problem = from->problem ? mem_strdup(from->problem) : NULL;
    return copy;
}

/* ---- the difference ---- */

/* Where both are as much. */
static int compare_places(const struct live_change *left, const struct live_change *right)
{
    if (left->file != right->file)
        return left->file < right->file ? -1 : 1;
    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    return strcmp(left->type, right->type);
}

static int compare_changes(const void *a, const void *b)
{
    const struct live_change *left = a, *right = b;
    int64_t more = live_change_bytes(right) - live_change_bytes(left);
    if (more == 0)
        more = live_change_count(right) - live_change_count(left);
    if (more != 0)
        return more < 0 ? -1 : 1;
    return compare_places(left, right);
}

static struct live_sum sum_of(const struct live_row *row)
{
    return (struct live_sum){row->count, row->bytes};
}

static void add_change(struct live_difference *difference, const struct live_row *place,
                       struct live_sum before, struct live_sum after)
{
    if (before.count != after.count || before.bytes != after.bytes)
        difference->changes[difference->count++] = (struct live_change){
            .file = place->file,
            .line = place->line,
            .type = place->type,
            .before = before,
            .after = after,
        };
}

struct live_difference live_difference_make(const struct live_census *before,
                                            const struct live_census *after)
{
    static const struct live_sum none;
    struct live_difference difference = {
        .changes = mem_calloc(before->row_count + after->row_count, sizeof(struct live_change)),
        .before = live_census_sum(before),
        .after = live_census_sum(after),
    };
    size_t i = 0, j = 0;
    while (i < before->row_count || j < after->row_count) {
        int order = i == before->row_count  ? 1
                    : j == after->row_count ? -1
                                            : compare_rows(&before->rows[i], &after->rows[j]);
        const struct live_row *place = order <= 0 ? &before->rows[i] : &after->rows[j];
        add_change(&difference, place, order <= 0 ? sum_of(&before->rows[i]) : none,
                   order >= 0 ? sum_of(&after->rows[j]) : none);
        i += order <= 0;
        j += order >= 0;
    }
    if (difference.count)
        qsort(difference.changes, difference.count, sizeof *difference.changes, compare_changes);
    return difference;
}

void live_difference_clear(struct live_difference *difference)
{
    free(difference->changes);
    *difference = (struct live_difference){0};
}

/* ---- the mark, and what is compared with it ---- */

static void set_state(struct live_pair *live, enum live_state state, const char *problem)
{
    char *copy = problem ? mem_strdup(problem) : NULL;
    free(live->problem);
    live->state = state;
    live->problem = copy;
    live->percent = 0;
}

static void forget_now(struct live_pair *live)
{
    live_difference_clear(&live->difference);
    live_census_clear(&live->now);
}

void live_ask(struct live_pair *live, bool is_mark)
{
    live->is_mark = is_mark;
    set_state(live, LIVE_ASKED, NULL);
}

void live_fail(struct live_pair *live, const char *problem)
{
    live->ended++;
    set_state(live, LIVE_FAILED, problem);
}

void live_stop(struct live_pair *live)
{
    set_state(live, live->now.is_taken || live->mark.is_taken ? LIVE_READY : LIVE_NONE, NULL);
}

void live_answer(struct live_pair *live, struct live_census *census)
{
    forget_now(live);
    if (live->is_mark) {
        live_census_clear(&live->mark);
        live->mark = *census;
        live->is_lost = false;
    } else {
        live->now = *census;
    }
    *census = (struct live_census){0};
    if (live->now.is_taken && live->mark.is_taken)
        live->difference = live_difference_make(&live->mark, &live->now);
    live->ended++;
    set_state(live, LIVE_READY, NULL);
}

void live_lose(struct live_pair *live)
{
    live->is_lost = live->is_lost || live->mark.is_taken;
    forget_now(live);
    live_census_clear(&live->mark);
    if (live->state == LIVE_READY)
        set_state(live, LIVE_NONE, NULL);
}

struct live_pair live_copy(const struct live_pair *live)
{
    struct live_pair copy = *live;
    copy.problem = live->problem ? mem_strdup(live->problem) : NULL;
    copy.mark = copy_census(&live->mark);
    copy.now = copy_census(&live->now);
    copy.difference = (struct live_difference){0};
    if (copy.mark.is_taken && copy.now.is_taken)
        copy.difference = live_difference_make(&copy.mark, &copy.now);
    return copy;
}

void live_clear(struct live_pair *live)
{
    forget_now(live);
    live_census_clear(&live->mark);
    free(live->problem);
    *live = (struct live_pair){0};
}
