/*
 * Lines are numbers here: two that are the same have the same one. All work is on two arrays of
 * these, from which lines that are matched already were left out, so that a part of them is a pair
 * of ranges.
 *
 * What nobody can bound is cut short: parts within parts to a depth, edit scripts to a length, and
 * edited lines to places that are small. Beyond, lines count as new, which costs nothing but that
 * their figures stand apart.
 */
#include "config.h"
#include "model/match.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    DEPTH_MAX = 64,
    EDITS_MAX = 400,
    EDITED_LINES_MAX = 60, /* on each side of a place */
    LIKE_ENOUGH = 60,
    LIKENESS_BYTES = 512, /* of a line that are looked at */
    PAIRS = 256,
};

struct text_line {
    const char *text;
    uint32_t len;
    uint32_t number; /* in its file, from 1 */
    uint32_t kind;   /* the same for the same contents */
};

struct side {
    struct text_line *lines; /* owned */
    uint32_t count;
    uint32_t *other; /* owned; by line: the other side's line + 1, or 0 */
    uint32_t *seen;  /* owned; by kind: how often, within a range; zeros between uses */
};

struct matching {
    struct side before, after;
    uint32_t kinds;
    uint32_t *place; /* owned; by kind: where in `before`, while `seen` there is 1 */
};

struct range {
    uint32_t from, to;
};

/* ---- lines ---- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\f' || byte == '\r';
}

static void trim(const char **text, size_t *len)
{
    while (*len > 0 && is_blank((*text)[0])) {
        ++*text;
        --*len;
    }
    while (*len > 0 && is_blank((*text)[*len - 1]))
        --*len;
}

static void add_line(struct side *side, const struct file *file, uint32_t number)
{
    size_t len;
    const char *text = file_line_text(file, number, &len);
    trim(&text, &len);
    side->lines[side->count++] = (struct text_line){text, (uint32_t)len, number, 0};
}

static int compare_contents(const void *a, const void *b)
{
    const struct text_line *one = *(struct text_line *const *)a;
    const struct text_line *two = *(struct text_line *const *)b;
    if (one->len != two->len)
        return one->len < two->len ? -1 : 1;
    return memcmp(one->text, two->text, one->len);
}

/* Give the same kind to lines with the same contents. */
static void sort_kinds(struct matching *matching)
{
    uint32_t count = matching->before.count + matching->after.count;
    struct text_line **lines = mem_calloc((size_t)count + 1, sizeof(void *));
    for (uint32_t i = 0; i < count; i++)
        lines[i] = i < matching->before.count ? &matching->before.lines[i]
                                              : &matching->after.lines[i - matching->before.count];
    qsort(lines, count, sizeof(void *), compare_contents);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && compare_contents(&lines[i - 1], &lines[i]) != 0)
            matching->kinds++;
        lines[i]->kind = matching->kinds;
    }
    matching->kinds++;
    free(lines);
}

/* ---- what is the same ---- */

static void join(struct matching *matching, uint32_t before, uint32_t after)
{
    matching->before.other[before] = after + 1;
    matching->after.other[after] = before + 1;
}

static uint32_t kind_before(const struct matching *matching, uint32_t at)
{
    return matching->before.lines[at].kind;
}

static uint32_t kind_after(const struct matching *matching, uint32_t at)
{
    return matching->after.lines[at].kind;
}

/* What both ranges begin and end with. */
static void join_ends(struct matching *matching, struct range *before, struct range *after)
{
    while (before->from < before->to && after->from < after->to &&
           kind_before(matching, before->from) == kind_after(matching, after->from))
        join(matching, before->from++, after->from++);
    while (before->from < before->to && after->from < after->to &&
           kind_before(matching, before->to - 1) == kind_after(matching, after->to - 1))
        join(matching, --before->to, --after->to);
}

static void count_kinds(struct side *side, struct range range)
{
    for (uint32_t i = range.from; i < range.to; i++)
        side->seen[side->lines[i].kind]++;
}

static void forget_kinds(struct side *side, struct range range)
{
    for (uint32_t i = range.from; i < range.to; i++)
        side->seen[side->lines[i].kind] = 0;
}

/* A line of `after` that is once in both ranges, and the chain of such that ends with it. */
struct anchor {
    uint32_t before, after;
    uint32_t previous; /* index + 1 of the one before it in the longest chain; 0: none */
};

/* The lines that are once in both ranges, in the order of `after`. */
static uint32_t find_anchors(struct matching *matching, struct range before, struct range after,
                             struct anchor *anchors)
{
    uint32_t count = 0;
    count_kinds(&matching->before, before);
    count_kinds(&matching->after, after);
    for (uint32_t i = before.from; i < before.to; i++)
        matching->place[kind_before(matching, i)] = i;
    for (uint32_t i = after.from; i < after.to; i++) {
        uint32_t kind = kind_after(matching, i);
        if (matching->before.seen[kind] == 1 && matching->after.seen[kind] == 1)
            anchors[count++] = (struct anchor){matching->place[kind], i, 0};
    }
    forget_kinds(&matching->before, before);
    forget_kinds(&matching->after, after);
    return count;
}

/* Join the anchors of the longest chain that rises on both sides. `ends` has room for all: by
 * length - 1, the anchor with which the best chain of that length ends. How many were joined. */
static uint32_t join_chain(struct matching *matching, struct anchor *anchors, uint32_t count,
                           uint32_t *ends)
{
    uint32_t longest = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t low = 0, high = longest;
        while (low < high) {
            uint32_t middle = (low + high) / 2;
            if (anchors[ends[middle]].before < anchors[i].before)
                low = middle + 1;
            else
                high = middle;
        }
        anchors[i].previous = low ? ends[low - 1] + 1 : 0;
        ends[low] = i;
        longest = low == longest ? longest + 1 : longest;
    }
    for (uint32_t at = longest ? ends[longest - 1] + 1 : 0; at; at = anchors[at - 1].previous)
        join(matching, anchors[at - 1].before, anchors[at - 1].after);
    return longest;
}

/* ---- the shortest edit script ---- */

/* One front for each number of edits: on diagonal k (`before` less `after`) how far in `before` one
 * has come, at [edits][k + edits]. */
struct fronts {
    uint32_t *reach[EDITS_MAX + 1]; /* each owned */
};

static uint32_t slide(const struct matching *matching, struct range before, struct range after,
                      uint32_t x, long diagonal)
{
    while (before.from + x < before.to && after.from + (uint32_t)(x - diagonal) < after.to &&
           kind_before(matching, before.from + x) ==
               kind_after(matching, after.from + (uint32_t)(x - diagonal)))
        x++;
    return x;
}

/* Is the way to diagonal `k` with that many edits one down, that is, a line of `after` alone? */
static bool goes_down(const uint32_t *last, long edits, long k)
{
    if (k == -edits)
        return true;
    return k != edits && last[k - 1 + edits - 1] < last[k + 1 + edits - 1];
}

/* Walk back from the end, joining what was the same on the way. */
static void walk_back(struct matching *matching, const struct fronts *fronts, long edits,
                      struct range before, struct range after)
{
    long x = before.to - before.from, y = after.to - after.from;
    for (; edits >= 0; edits--) {
        long k = x - y, from_x = 0, from_y = 0;
        bool down = edits > 0 && goes_down(fronts->reach[edits - 1], edits, k);
        if (edits > 0) {
            long from_k = down ? k + 1 : k - 1;
            from_x = fronts->reach[edits - 1][from_k + edits - 1];
            from_y = from_x - from_k;
        }
        long start_x = edits > 0 ? from_x + !down : 0;
        while (x > start_x) {
            x--;
            y--;
            join(matching, before.from + (uint32_t)x, after.from + (uint32_t)y);
        }
        x = from_x;
        y = from_y;
    }
}

/* One more edit; true where that leads to the end of both. */
static bool grow(const struct matching *matching, struct fronts *fronts, long edits,
                 struct range before, struct range after)
{
    long rows = before.to - before.from, cols = after.to - after.from;
    uint32_t *reach = fronts->reach[edits] = mem_calloc((size_t)(2 * edits + 1), sizeof *reach);
    for (long k = -edits; k <= edits; k += 2) {
        const uint32_t *last = edits ? fronts->reach[edits - 1] : NULL;
        long x = 0;
        if (edits)
            x = goes_down(last, edits, k) ? last[k + 1 + edits - 1] : last[k - 1 + edits - 1] + 1L;
        long y = x - k;
        if (x <= rows && y <= cols && y >= 0)
            x = slide(matching, before, after, (uint32_t)x, k);
        reach[k + edits] = (uint32_t)x;
        if (x >= rows && x - k >= cols && k == rows - cols)
            return true;
    }
    return false;
}

static void join_shortest(struct matching *matching, struct range before, struct range after)
{
    struct fronts fronts = {{0}};
    long edits = 0;
    while (edits <= EDITS_MAX && !grow(matching, &fronts, edits, before, after))
        edits++;
    if (edits <= EDITS_MAX)
        walk_back(matching, &fronts, edits, before, after);
    for (long i = 0; i <= EDITS_MAX; i++)
        free(fronts.reach[i]);
}

/* ---- parts within parts ---- */

static void join_range(struct matching *matching, struct range before, struct range after,
                       int depth);

/* What lies between the lines that are joined by now. */
static void join_between(struct matching *matching, struct range before, struct range after,
                         int depth)
{
    struct range part_before = {before.from, before.from}, part_after = {after.from, after.from};
    for (uint32_t i = after.from; i <= after.to; i++) {
        if (i < after.to && !matching->after.other[i])
            continue;
        part_after.to = i;
        part_before.to = i < after.to ? matching->after.other[i] - 1 : before.to;
        join_range(matching, part_before, part_after, depth);
        part_after.from = i + 1;
        part_before.from = part_before.to + 1;
    }
}

static void join_range(struct matching *matching, struct range before, struct range after,
                       int depth)
{
    join_ends(matching, &before, &after);
    if (before.from == before.to || after.from == after.to)
        return;
    uint32_t size = after.to - after.from, joined = 0;
    struct anchor *anchors = mem_calloc(size, sizeof *anchors);
    uint32_t *ends = mem_calloc(size, sizeof *ends);
    if (depth < DEPTH_MAX)
        joined =
            join_chain(matching, anchors, find_anchors(matching, before, after, anchors), ends);
    free(anchors);
    free(ends);
    if (joined)
        join_between(matching, before, after, depth + 1);
    else
        join_shortest(matching, before, after);
}

/* ---- lines that were edited ---- */

/* Pairs of neighbouring bytes, by a small hash, and how often each is in a line. */
static unsigned count_pairs(const char *text, size_t len, uint16_t pairs[PAIRS])
{
    unsigned count = 0;
    memset(pairs, 0, PAIRS * sizeof *pairs);
    for (size_t i = 0; i + 1 < len && i < LIKENESS_BYTES; i++, count++)
        pairs[((unsigned char)text[i] * 31u + (unsigned char)text[i + 1]) % PAIRS]++;
    return count;
}

unsigned match_likeness(const char *a, size_t a_len, const char *b, size_t b_len)
{
    uint16_t of_a[PAIRS], of_b[PAIRS];
    trim(&a, &a_len);
    trim(&b, &b_len);
    if (a_len == b_len && memcmp(a, b, a_len) == 0)
        return 100;
    unsigned total = count_pairs(a, a_len, of_a) + count_pairs(b, b_len, of_b), common = 0;
    for (int i = 0; i < PAIRS; i++)
        common += of_a[i] < of_b[i] ? of_a[i] : of_b[i];
    unsigned likeness = total ? 200 * common / total : 0;
    return likeness > 99 ? 99 : likeness;
}

static unsigned gain(const struct matching *matching, uint32_t before, uint32_t after)
{
    const struct text_line *a = &matching->before.lines[before];
    const struct text_line *b = &matching->after.lines[after];
    unsigned likeness = match_likeness(a->text, a->len, b->text, b->len);
    return likeness >= LIKE_ENOUGH ? likeness : 0;
}

/* Of lines in the place of others, the most alike in the same order. best[i][j] is what the lines
 * from i and j on can give together. */
static void join_alike(struct matching *matching, struct range before, struct range after)
{
    enum { SIDE = EDITED_LINES_MAX + 1 };
    uint32_t rows = before.to - before.from, cols = after.to - after.from;
    if (!rows || !cols || rows > EDITED_LINES_MAX || cols > EDITED_LINES_MAX)
        return;
    unsigned *best = mem_calloc((size_t)SIDE * SIDE, sizeof *best);
    unsigned *gains = mem_calloc((size_t)SIDE * SIDE, sizeof *gains);
    for (uint32_t i = rows; i-- > 0;) {
        for (uint32_t j = cols; j-- > 0;) {
            unsigned *cell = &best[i * SIDE + j];
            unsigned one = gain(matching, before.from + i, after.from + j);
            gains[i * SIDE + j] = one;
            *cell = cell[SIDE] > cell[1] ? cell[SIDE] : cell[1];
            if (one && one + cell[SIDE + 1] > *cell)
                *cell = one + cell[SIDE + 1];
        }
    }
    for (uint32_t i = 0, j = 0; i < rows && j < cols;) {
        const unsigned *cell = &best[i * SIDE + j];
        if (gains[i * SIDE + j] && *cell == gains[i * SIDE + j] + cell[SIDE + 1])
            join(matching, before.from + i++, after.from + j++);
        else if (*cell == cell[SIDE])
            i++;
        else
            j++;
    }
    free(best);
    free(gains);
}

/* All places where lines on both sides are nobody's. */
static void join_edited(struct matching *matching)
{
    struct range before = {0, 0}, after = {0, 0};
    for (uint32_t i = 0; i <= matching->after.count; i++) {
        bool is_end = i == matching->after.count;
        if (!is_end && !matching->after.other[i])
            continue;
        after.to = i;
        before.to = is_end ? matching->before.count : matching->after.other[i] - 1;
        join_alike(matching, before, after);
        before.from = before.to + 1;
        after.from = i + 1;
    }
}

/* ---- the whole ---- */

static void side_init(struct side *side, struct match_part part)
{
    side->lines = mem_calloc((size_t)part.count + 1, sizeof *side->lines);
    side->other = mem_calloc((size_t)part.count + 1, sizeof *side->other);
}

static void side_fini(struct side *side)
{
    free(side->lines);
    free(side->other);
    free(side->seen);
}

static void match_texts(struct matching *matching)
{
    sort_kinds(matching);
    matching->before.seen = mem_calloc(matching->kinds, sizeof *matching->before.seen);
    matching->after.seen = mem_calloc(matching->kinds, sizeof *matching->after.seen);
    matching->place = mem_calloc(matching->kinds, sizeof *matching->place);
    join_range(matching, (struct range){0, matching->before.count},
               (struct range){0, matching->after.count}, 0);
    join_edited(matching);
    free(matching->place);
}

static void match_numbers(struct match_part before, struct match_part after, const bool *taken,
                          struct line_match *matches)
{
    for (uint32_t i = 0; i < after.count && i < before.count; i++)
        if (!matches[i].line && !(taken && taken[before.first + i - 1]))
            matches[i] = (struct line_match){before.first + i, false};
}

void match_lines(struct match_part before, struct match_part after, const bool *taken,
                 struct line_match *matches)
{
    struct matching matching = {0};
    if (!before.file->text && !after.file->text) {
        match_numbers(before, after, taken, matches);
        return;
    }
    side_init(&matching.before, before);
    side_init(&matching.after, after);
    for (uint32_t i = 0; i < before.count; i++)
        if (!taken || !taken[before.first + i - 1])
            add_line(&matching.before, before.file, before.first + i);
    for (uint32_t i = 0; i < after.count; i++)
        if (!matches[i].line)
            add_line(&matching.after, after.file, after.first + i);
    match_texts(&matching);
    for (uint32_t i = 0; i < matching.after.count; i++) {
        const struct text_line *line = &matching.after.lines[i];
        if (!matching.after.other[i])
            continue;
        const struct text_line *old = &matching.before.lines[matching.after.other[i] - 1];
        matches[line->number - after.first] =
            (struct line_match){old->number, old->kind != line->kind};
    }
    side_fini(&matching.before);
    side_fini(&matching.after);
}
