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
    *kept = (struct kept){.lines = NULL};
    free_places(kept);
}

void kept_fini(struct kept *kept)
{
    free(kept->lines);
    kept_init(kept);
}

void kept_clear(struct kept *kept)
{
    kept->line_count = 0;
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
