/*
 * A line's row is a place in an array, and the host fills rows in the order in which the worker
 * numbers them. Who looks for a line walks over the rows: there are a thousand at the most, and a
 * handful in an app that does not leak.
 */
#include "config.h"
#include "model/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/line.h"

static void free_places(struct kept *kept)
{
    for (size_t i = 0; i < KEPT_WINDOW; i++)
        kept->invocations[i] = (struct kept_invocation){.number = KEPT_NOBODY};
}

void kept_init(struct kept *kept)
{
    *kept = (struct kept){.first_number = KEPT_NOBODY};
    free_places(kept);
}

void kept_fini(struct kept *kept)
{
    free(kept->lines);
    kept_init(kept);
}

void kept_clear(struct kept *kept)
{
    kept->line_count = kept->moment_count = 0;
    kept->first_number = KEPT_NOBODY;
    free_places(kept);
}

void kept_reserve(struct kept *kept, size_t count)
{
    count = count < KEPT_LINES ? count : KEPT_LINES;
    if (count <= kept->line_count) {
        kept->line_count = count;
        return;
    }
    if (count > kept->line_capacity) {
        size_t capacity = kept->line_capacity ? kept->line_capacity : 16;
        while (capacity < count)
            capacity *= 2;
        kept->lines = mem_resize(kept->lines, capacity, sizeof *kept->lines);
        kept->line_capacity = capacity;
    }
    memset(kept->lines + kept->line_count, 0, (count - kept->line_count) * sizeof *kept->lines);
    kept->line_count = count;
}

/* ---- moments ---- */

/* True where what is at `place` may be on its way yet: it runs, or is one of the newest. */
static bool is_recent(const struct kept *kept, size_t place)
{
    size_t newer = 0;
    if (kept->invocations[place].is_running)
        return true;
    for (size_t i = 0; i < KEPT_WINDOW; i++)
        newer += kept->invocations[i].number != KEPT_NOBODY && !kept->invocations[i].is_running &&
                 kept->invocations[i].number > kept->invocations[place].number;
    return newer < KEPT_RECENT;
}

static struct kept_then look(const struct kept_line *line, const bool is_there[KEPT_WINDOW],
                             const bool is_young[KEPT_WINDOW])
{
    struct kept_then now = {line->earlier_bytes, line->earlier_bytes};
    for (size_t i = 0; i < KEPT_WINDOW; i++) {
        if (!is_there[i])
            continue;
        now.all_bytes = line_bytes_add(now.all_bytes, line->alive_bytes[i]);
        if (!is_young[i])
            now.settled_bytes = line_bytes_add(now.settled_bytes, line->alive_bytes[i]);
    }
    return now;
}

/* The place among the moments that a new one takes. Where the latest is too near to the one before
 * it is replaced. */
static size_t take_moment(struct kept *kept, uint64_t ended)
{
    const struct kept_moment *moments = kept->moments;
    size_t count = kept->moment_count;
    if (count >= 2 && moments[count - 1].ended - moments[0].ended >= KEPT_MOMENTS - 1 &&
        moments[count - 1].ended - moments[count - 2].ended < KEPT_TOGETHER &&
        ended - moments[count - 2].ended <= KEPT_TOGETHER)
        return count - 1;
    if (count < KEPT_MOMENTS)
        return kept->moment_count++;
    memmove(kept->moments, moments + 1, (count - 1) * sizeof *moments);
    for (size_t i = 0; i < kept->line_count; i++)
        memmove(kept->lines[i].then, kept->lines[i].then + 1,
                (count - 1) * sizeof kept->lines[i].then[0]);
    return count - 1;
}

void kept_add_moment(struct kept *kept, uint64_t ended, bool is_collected)
{
    bool is_there[KEPT_WINDOW], is_young[KEPT_WINDOW];
    size_t at = take_moment(kept, ended);
    kept->moments[at] = (struct kept_moment){++kept->moment_serial, ended, is_collected};
    for (size_t i = 0; i < KEPT_WINDOW; i++) {
        struct kept_invocation *invocation = &kept->invocations[i];
        is_there[i] = invocation->number != KEPT_NOBODY;
        is_young[i] = is_there[i] && is_recent(kept, i);
        if (is_there[i] && !invocation->is_running && !invocation->moment)
            invocation->moment = kept->moment_serial;
    }
    for (size_t i = 0; i < kept->line_count; i++)
        kept->lines[i].then[at] = look(&kept->lines[i], is_there, is_young);
}

int64_t kept_alive_bytes(const struct kept *kept, size_t place)
{
    int64_t sum = 0;
    for (size_t i = 0; i < kept->line_count; i++)
        sum = line_bytes_add(sum, kept->lines[i].alive_bytes[place]);
    return sum;
}

const struct kept_line *kept_find(const struct kept *kept, uint32_t file, uint32_t line)
{
    for (size_t i = 0; line && i < kept->line_count; i++)
        if (kept->lines[i].line == line && kept->lines[i].file == file)
            return &kept->lines[i];
    return NULL;
}

static int compare_numbers(const void *a, const void *b)
{
    const struct kept_part *left = a, *right = b;
    return left->number > right->number ? -1 : left->number < right->number;
}

static struct kept_part part_at(const struct kept *kept, const struct kept_line *line, size_t place)
{
    return (struct kept_part){.number = kept->invocations[place].number,
                              .left_bytes = line->left_bytes[place],
                              .alive_bytes = line->alive_bytes[place]};
}

size_t kept_newest(const struct kept *kept, const struct kept_line *line,
                   struct kept_part parts[KEPT_WINDOW])
{
    size_t count = 0;
    for (size_t i = 0; line && i < KEPT_WINDOW; i++) {
        if (kept->invocations[i].number == KEPT_NOBODY || kept->invocations[i].is_running)
            continue;
        struct kept_part part = part_at(kept, line, i);
        if (part.left_bytes || part.alive_bytes)
            parts[count++] = part;
    }
    qsort(parts, count, sizeof *parts, compare_numbers);
    return count;
}

bool kept_of(const struct kept *kept, const struct kept_line *line, uint64_t number,
             struct kept_part *part)
{
    for (size_t i = 0; number != KEPT_NOBODY && i < KEPT_WINDOW; i++) {
        if (kept->invocations[i].number != number)
            continue;
        *part = line ? part_at(kept, line, i) : (struct kept_part){.number = number};
        return true;
    }
    return false;
}
