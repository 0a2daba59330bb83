/*
 * First the files find each other, then the lines within, then functions that were moved; after
 * that each line of both runs is a row, alone or with its counterpart.
 */
#include "config.h"
#include "model/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/match.h"

enum {
    SEEKING_FILES_MAX = 64, /* of each run, that have no counterpart by their paths */
    ALIKE_PERCENT = 50,
    NOBODY = -1,
};

/* Loading runs the lines that define a function, too: where requests ran it, they alone count. */
enum { BY_LOADING, BY_REQUESTS, KINDS_OF_RUN };

struct line_sum {
    uint64_t invocations;
    int64_t increment_bytes, net_bytes;
};

/* What is known of a file of one of the runs. */
struct part_file {
    long other;                          /* the counterpart's index, or NOBODY */
    uint64_t *runs[KINDS_OF_RUN];        /* owned; by function: invocations in which it ran */
    uint64_t *counted;                   /* owned; by function: serial of the last of these */
    struct line_sum *sums[KINDS_OF_RUN]; /* owned; by line - 1 */
    bool *taken;                         /* owned; by line - 1, before: it has a counterpart */
    struct line_match *matches;          /* owned; by line - 1, after */
    uint32_t *match_files;               /* owned; by line - 1, after: the file before */
};

struct part {
    const struct model *model;
    struct part_file *files; /* owned; by file */
};

struct comparing {
    struct part before, after;
};

/* ---- what each run has ---- */

static bool is_shown(const struct file *file)
{
    return !file->retired && file->line_count > 0;
}

static void part_init(struct part *part, const struct model *model)
{
    part->model = model;
    part->files = mem_calloc(model->file_count + 1, sizeof *part->files);
    for (size_t i = 0; i < model->file_count; i++) {
        const struct file *file = model->files[i];
        size_t lines = (size_t)file->line_count + 1;
        part->files[i] = (struct part_file){
            .other = NOBODY,
            .counted = mem_calloc(file->function_count + 1, sizeof(uint64_t)),
            .taken = mem_calloc(lines, sizeof(bool)),
            .matches = mem_calloc(lines, sizeof(struct line_match)),
            .match_files = mem_calloc(lines, sizeof(uint32_t)),
        };
        for (int kind = 0; kind < KINDS_OF_RUN; kind++) {
            part->files[i].runs[kind] = mem_calloc(file->function_count + 1, sizeof(uint64_t));
            part->files[i].sums[kind] = mem_calloc(lines, sizeof(struct line_sum));
        }
    }
}

static void part_fini(struct part *part)
{
    for (size_t i = 0; i < part->model->file_count; i++) {
        for (int kind = 0; kind < KINDS_OF_RUN; kind++) {
            free(part->files[i].runs[kind]);
            free(part->files[i].sums[kind]);
        }
        free(part->files[i].counted);
        free(part->files[i].taken);
        free(part->files[i].matches);
        free(part->files[i].match_files);
    }
    free(part->files);
}

static void count_line(struct part *part, const struct invocation *invocation,
                       const struct invocation_line *line)
{
    if (line->file >= part->model->file_count || line->line == 0 ||
        line->line > part->model->files[line->file]->line_count)
        return;
    const struct file *file = part->model->files[line->file];
    struct part_file *figures = &part->files[line->file];
    int kind = invocation->number ? BY_REQUESTS : BY_LOADING;
    struct line_sum *sum = &figures->sums[kind][line->line - 1];
    const struct file_function *function = file_function_at(file, line->line);
    sum->invocations++;
    sum->increment_bytes = line_bytes_add(sum->increment_bytes, line->stats.increment_bytes);
    sum->net_bytes = line_bytes_add(sum->net_bytes, line_net_bytes(&line->stats));
    if (!function || figures->counted[function - file->functions] == invocation->serial)
        return;
    figures->counted[function - file->functions] = invocation->serial;
    figures->runs[kind][function - file->functions]++;
}

static void count_invocations(struct part *part, struct compare_side *side)
{
    const struct invocations *set = &part->model->invocations;
    side->model = part->model;
    side->invocations = set->total;
    for (size_t i = 0; i < set->count; i++) {
        const struct invocation *invocation = set->kept[i];
        if (!invocation_is_over(invocation))
            continue;
        side->known += invocation->number > 0;
        for (size_t k = 0; k < invocation->line_count; k++)
            count_line(part, invocation, &invocation->lines[k]);
    }
}

/* ---- files ---- */

/* How many parts of two paths are the same, from the end on. */
static unsigned common_tail(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    unsigned parts = 0;
    while (a_len && b_len && a[a_len - 1] == b[b_len - 1]) {
        a_len--;
        b_len--;
        parts += a[a_len] == '/';
    }
    bool a_begins = a_len == 0 || a[a_len - 1] == '/', b_begins = b_len == 0 || b[b_len - 1] == '/';
    return parts + (a_begins && b_begins && (a_len == 0 || b_len == 0) && a[a_len] != '/');
}

static struct match_part whole(const struct file *file)
{
    return (struct match_part){file, 1, file->line_count};
}

static bool has_words(const struct file *file, uint32_t line)
{
    size_t len;
    const char *text = file_line_text(file, line, &len);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    return len > 0;
}

/* In percent of the longer one: lines that are the same in both, empty ones left out. */
static unsigned likeness_of(struct match_part before, struct match_part after)
{
    struct line_match *matches = mem_calloc((size_t)after.count + 1, sizeof *matches);
    unsigned same = 0, old = 0, new = 0;
    match_lines(before, after, NULL, matches);
    for (uint32_t i = 0; i < after.count; i++) {
        bool words = has_words(after.file, after.first + i);
        new += words;
        same += words && matches[i].line && !matches[i].is_edited;
    }
    for (uint32_t i = 0; i < before.count; i++)
        old += has_words(before.file, before.first + i);
    free(matches);
    unsigned most = old > new ? old : new;
    return most ? 100 * same / most : 0;
}

static void pair_files(struct comparing *comparing, size_t before, size_t after)
{
    comparing->before.files[before].other = (long)after;
    comparing->after.files[after].other = (long)before;
}

static bool is_seeking(const struct part *part, size_t index)
{
    return is_shown(part->model->files[index]) && part->files[index].other == NOBODY;
}

static void pair_same_places(struct comparing *comparing)
{
    const struct model *before = comparing->before.model, *after = comparing->after.model;
    for (size_t i = 0; i < after->file_count; i++)
        for (size_t k = 0; k < before->file_count && is_seeking(&comparing->after, i); k++)
            if (is_seeking(&comparing->before, k) &&
                strcmp(after->files[i]->display, before->files[k]->display) == 0)
                pair_files(comparing, k, i);
}

/* The end of the path counts the most; a name alone, which may be __init__.py, needs lines that are
 * the same. */
static unsigned kinship(const struct file *before, const struct file *after)
{
    unsigned tail = common_tail(before->path, after->path);
    unsigned likeness = likeness_of(whole(before), whole(after));
    if (tail < 2 && likeness < ALIKE_PERCENT)
        return 0;
    return (tail < 2 ? 0 : 1000 * tail) + likeness;
}

static size_t count_seeking(const struct part *part)
{
    size_t count = 0;
    for (size_t i = 0; i < part->model->file_count; i++)
        count += is_seeking(part, i);
    return count;
}

static void pair_kindred(struct comparing *comparing)
{
    const struct model *before = comparing->before.model, *after = comparing->after.model;
    if (count_seeking(&comparing->before) > SEEKING_FILES_MAX ||
        count_seeking(&comparing->after) > SEEKING_FILES_MAX)
        return;
    for (size_t i = 0; i < after->file_count; i++) {
        unsigned best = 0;
        size_t found = 0;
        for (size_t k = 0; k < before->file_count && is_seeking(&comparing->after, i); k++) {
            unsigned one =
                is_seeking(&comparing->before, k) ? kinship(before->files[k], after->files[i]) : 0;
            found = one > best ? k : found;
            best = one > best ? one : best;
        }
        if (best)
            pair_files(comparing, found, i);
    }
}

/* ---- lines ---- */

/* Match parts of two files, and remember it on both sides. */
static void match_parts(struct comparing *comparing, uint32_t before, uint32_t after,
                        struct match_part old, struct match_part new)
{
    struct part_file *file = &comparing->after.files[after];
    struct part_file *other = &comparing->before.files[before];
    struct line_match *matches = &file->matches[new.first - 1];
    bool *known = mem_calloc((size_t) new.count + 1, sizeof *known);
    for (uint32_t i = 0; i < new.count; i++)
        known[i] = matches[i].line != 0;
    match_lines(old, new, other->taken, matches);
    for (uint32_t i = 0; i < new.count; i++) {
        if (known[i] || !matches[i].line)
            continue;
        file->match_files[new.first - 1 + i] = before;
        other->taken[matches[i].line - 1] = true;
    }
    free(known);
}

static void match_files(struct comparing *comparing)
{
    const struct model *before = comparing->before.model, *after = comparing->after.model;
    for (size_t i = 0; i < after->file_count; i++) {
        long other = comparing->after.files[i].other;
        if (other != NOBODY)
            match_parts(comparing, (uint32_t)other, (uint32_t)i, whole(before->files[other]),
                        whole(after->files[i]));
    }
}

static struct match_part body(const struct file *file, const struct file_function *function)
{
    uint32_t last = function->last_line < file->line_count ? function->last_line : file->line_count;
    uint32_t count = last >= function->first_line ? last - function->first_line + 1 : 0;
    return (struct match_part){file, function->first_line, count};
}

static bool is_free_before(const struct comparing *comparing, size_t file, struct match_part part)
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < part.count; i++)
        taken += comparing->before.files[file].taken[part.first - 1 + i];
    return 2 * taken < part.count;
}

static bool is_new(const struct comparing *comparing, size_t file, struct match_part part)
{
    uint32_t known = 0;
    for (uint32_t i = 0; i < part.count; i++)
        known += comparing->after.files[file].matches[part.first - 1 + i].line != 0;
    return 2 * known < part.count;
}

/* Find the function of that name of which most lines are nobody's, and are the same. */
static void match_moved(struct comparing *comparing, size_t index, const char *name,
                        struct match_part part)
{
    const struct model *before = comparing->before.model;
    for (size_t i = 0; i < before->file_count; i++) {
        const struct file *file = before->files[i];
        for (size_t k = 0; is_shown(file) && k < file->function_count; k++) {
            struct match_part old = body(file, &file->functions[k]);
            if (strcmp(file->functions[k].name, name) != 0 || !is_free_before(comparing, i, old) ||
                likeness_of(old, part) < ALIKE_PERCENT)
                continue;
            match_parts(comparing, (uint32_t)i, (uint32_t)index, old, part);
            return;
        }
    }
}

static void match_functions(struct comparing *comparing)
{
    const struct model *after = comparing->after.model;
    for (size_t i = 0; i < after->file_count; i++) {
        const struct file *file = after->files[i];
        for (size_t k = 0; is_shown(file) && k < file->function_count; k++) {
            struct match_part part = body(file, &file->functions[k]);
            if (part.count && is_new(comparing, i, part))
                match_moved(comparing, i, file->functions[k].name, part);
        }
    }
}

/* ---- rows ---- */

static bool has_run(const struct line_stats *stats)
{
    return stats->occurrences || stats->allocated_bytes || stats->freed_bytes ||
           stats->increment_bytes;
}

/* To the nearest. */
static int64_t divide(int64_t bytes, uint64_t count)
{
    int64_t half = (int64_t)(count / 2), by = (int64_t)count;
    return count ? line_bytes_add(bytes, bytes < 0 ? -half : half) / by : 0;
}

static void fill_part(struct compare_part *out, const struct part *part,
                      const struct compare_side *side, uint32_t index, uint32_t line)
{
    const struct file *file = part->model->files[index];
    const struct part_file *figures = &part->files[index];
    const struct file_function *function = file_function_at(file, line);
    size_t place = function ? (size_t)(function - file->functions) : 0;
    const struct line_sum *sum = &figures->sums[BY_REQUESTS][line - 1];
    *out = (struct compare_part){.file = index, .line = line, .total = file->lines[line - 1].total};
    out->invocations = function ? figures->runs[BY_REQUESTS][place] : sum->invocations;
    if (!out->invocations) {
        sum = &figures->sums[BY_LOADING][line - 1];
        out->invocations = function ? figures->runs[BY_LOADING][place] : sum->invocations;
    }
    out->increment_bytes = divide(sum->increment_bytes, out->invocations);
    out->net_bytes = divide(sum->net_bytes, out->invocations);
    uint64_t all = out->invocations;
    if (side->known && side->invocations > side->known)
        all = (uint64_t)((double)all * (double)side->invocations / (double)side->known);
    out->retained_bytes = divide(line_retained_bytes(&out->total), all);
}

static uint64_t distance(int64_t a, int64_t b)
{
    return a < b ? (uint64_t)b - (uint64_t)a : (uint64_t)a - (uint64_t)b;
}

/* By the heap where both have counted it, to the byte; else by the RSS. */
static uint64_t change_of(const struct compare *compare, const struct compare_line *line)
{
    const struct compare_part *before = &line->before, *after = &line->after;
    if (!compare->of_heap)
        return distance(before->increment_bytes, after->increment_bytes);
    uint64_t net = distance(before->net_bytes, after->net_bytes);
    uint64_t retained = distance(before->retained_bytes, after->retained_bytes);
    uint64_t high = distance(before->total.high_bytes, after->total.high_bytes);
    net = retained > net ? retained : net;
    return high > net ? high : net;
}

static void add_row(struct compare *compare, struct compare_line line)
{
    if (!has_run(&line.before.total) && !has_run(&line.after.total))
        return;
    if (compare->count == compare->capacity) {
        compare->capacity = compare->capacity ? 2 * compare->capacity : 64;
        compare->lines = mem_resize(compare->lines, compare->capacity, sizeof *compare->lines);
    }
    line.change = change_of(compare, &line);
    compare->lines[compare->count++] = line;
}

static void add_new_rows(struct compare *compare, const struct comparing *comparing)
{
    const struct model *after = comparing->after.model;
    for (uint32_t i = 0; i < after->file_count; i++)
        for (uint32_t n = 1; is_shown(after->files[i]) && n <= after->files[i]->line_count; n++) {
            const struct line_match *match = &comparing->after.files[i].matches[n - 1];
            struct compare_line row = {.kind = match->is_edited ? COMPARE_EDITED : COMPARE_SAME};
            fill_part(&row.after, &comparing->after, &compare->after, i, n);
            if (match->line)
                fill_part(&row.before, &comparing->before, &compare->before,
                          comparing->after.files[i].match_files[n - 1], match->line);
            else
                row.kind = COMPARE_NEW;
            add_row(compare, row);
        }
}

static void add_gone_rows(struct compare *compare, const struct comparing *comparing)
{
    const struct model *before = comparing->before.model;
    for (uint32_t i = 0; i < before->file_count; i++)
        for (uint32_t n = 1; is_shown(before->files[i]) && n <= before->files[i]->line_count; n++) {
            struct compare_line row = {.kind = COMPARE_GONE};
            if (comparing->before.files[i].taken[n - 1])
                continue;
            fill_part(&row.before, &comparing->before, &compare->before, i, n);
            add_row(compare, row);
        }
}

/* The most changed first; then those of which the text changed; then by their places. */
static int compare_rows(const void *a, const void *b)
{
    const struct compare_line *one = a, *two = b;
    const struct compare_part *place = one->after.line ? &one->after : &one->before;
    const struct compare_part *other = two->after.line ? &two->after : &two->before;
    if (one->change != two->change)
        return one->change > two->change ? -1 : 1;
    if ((one->kind == COMPARE_SAME) != (two->kind == COMPARE_SAME))
        return one->kind == COMPARE_SAME ? 1 : -1;
    if ((one->kind == COMPARE_GONE) != (two->kind == COMPARE_GONE))
        return one->kind == COMPARE_GONE ? 1 : -1;
    if (place->file != other->file)
        return place->file < other->file ? -1 : 1;
    return (place->line > other->line) - (place->line < other->line);
}

/* ---- the whole ---- */

/* The memory at the end of invocation `number`, or where that is not kept or not over, of the next
 * one that is; where there is none after it, of the latest. */
static void take_memory(struct compare_side *side, uint64_t number, bool of_heap)
{
    const struct invocations *set = &side->model->invocations;
    const struct invocation *found = NULL;
    for (size_t i = 0; i < set->count; i++) {
        const struct invocation *one = set->kept[i];
        if (one->number == 0 || !invocation_is_over(one) || (found && found->number >= number))
            continue;
        found = one;
    }
    side->number = found ? found->number : 0;
    if (found)
        side->memory_bytes = of_heap ? found->heap_end_bytes : found->rss_end_bytes;
}

void compare_init(struct compare *compare, const struct model *before, const struct model *after)
{
    struct comparing comparing;
    *compare = (struct compare){
        .of_heap = before->heap.is_on && after->heap.is_on &&
                   before->heap.native_is_on == after->heap.native_is_on,
        .same_app = strcmp(before->app_name, after->app_name) == 0,
    };
    part_init(&comparing.before, before);
    part_init(&comparing.after, after);
    count_invocations(&comparing.before, &compare->before);
    count_invocations(&comparing.after, &compare->after);
    pair_same_places(&comparing);
    pair_kindred(&comparing);
    match_files(&comparing);
    match_functions(&comparing);
    add_new_rows(compare, &comparing);
    add_gone_rows(compare, &comparing);
    if (compare->count)
        qsort(compare->lines, compare->count, sizeof *compare->lines, compare_rows);
    uint64_t number = compare->before.invocations < compare->after.invocations
                          ? compare->before.invocations
                          : compare->after.invocations;
    take_memory(&compare->before, number, compare->of_heap);
    take_memory(&compare->after, number, compare->of_heap);
    part_fini(&comparing.before);
    part_fini(&comparing.after);
}

void compare_fini(struct compare *compare)
{
    free(compare->lines);
    *compare = (struct compare){0};
}

int64_t compare_growth_bytes(const struct compare *compare)
{
    int64_t growth = line_bytes_sub(compare->after.memory_bytes, compare->before.memory_bytes);
    bool is_noise = !compare->of_heap && distance(0, growth) < (uint64_t)COMPARE_RSS_NOISE;
    return is_noise ? 0 : growth;
}

double compare_growth_percent(const struct compare *compare)
{
    if (compare->before.memory_bytes <= 0)
        return 0;
    return 100.0 * (double)compare_growth_bytes(compare) / (double)compare->before.memory_bytes;
}
