/*
 * The kept invocations are an array of pointers in order of arrival: an invocation never moves
 * while it is kept, so that who answers a request may hold on to it. When there are too many, the
 * oldest one that is over goes; numbers rise from front to back (loads apart), and what is asked
 * for is nearly always near the end, so searches begin there.
 *
 * What is counted by function is found by its name: an app has a handful of functions, and they may
 * be described anew while their invocations run.
 *
 * The lines of an invocation are kept in order of file and line: they are set again 30 times a
 * second while the invocation runs, found by bisection, and shown in this order.
 */
#include "config.h"
#include "model/invocation.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const char *const outcome_names[] = {
    [OUTCOME_WAITING] = "waiting", [OUTCOME_RUNNING] = "running", [OUTCOME_SUCCEEDED] = "succeeded",
    [OUTCOME_FAILED] = "failed",   [OUTCOME_KILLED] = "killed",   [OUTCOME_TIMED_OUT] = "timed_out",
};

void invocations_init(struct invocations *set)
{
    *set = (struct invocations){0};
}

static void invocation_free(struct invocation *invocation)
{
    free(invocation->lines);
    free(invocation->error);
    free(invocation->request);
    free(invocation->function);
    free(invocation);
}

void invocations_fini(struct invocations *set)
{
    for (size_t i = 0; i < set->count; i++)
        invocation_free(set->kept[i]);
    free(set->kept);
    for (size_t i = 0; i < set->function_count; i++)
        free(set->functions[i].function);
    free(set->functions);
    invocations_init(set);
}

static bool is_load(const struct invocation *invocation)
{
    return invocation->number == 0;
}

void invocations_remove(struct invocations *set, const size_t *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t from = places[i] + 1, to = i + 1 < count ? places[i + 1] : set->count;
        invocation_free(set->kept[places[i]]);
        memmove(set->kept + from - 1 - i, set->kept + from,
                (to - from) * sizeof(struct invocation *));
    }
    set->count -= count;
}

/* Drop the oldest invocation that is over, but for the newest load; false where there is none. */
static bool drop_oldest(struct invocations *set)
{
    const struct invocation *load = invocations_find(set, 0);
    for (size_t i = 0; i < set->count; i++) {
        const struct invocation *invocation = set->kept[i];
        if (invocation == load || !invocation_is_over(invocation))
            continue;
        invocations_remove(set, &i, 1);
        return true;
    }
    return false;
}

static struct function_count *find_count(const struct invocations *set, const char *function)
{
    for (size_t i = 0; i < set->function_count; i++)
        if (strcmp(set->functions[i].function, function) == 0)
            return &set->functions[i];
    return NULL;
}

static void count_new(struct invocations *set, const char *function)
{
    struct function_count *count = find_count(set, function);
    if (!count) {
        set->functions =
            mem_resize(set->functions, set->function_count + 1, sizeof *set->functions);
        count = &set->functions[set->function_count++];
        *count = (struct function_count){.function = mem_strdup(function)};
    }
    count->total++;
    count->running++;
    set->total++;
    set->running++;
}

static void count_end(struct invocations *set, const struct invocation *invocation)
{
    struct function_count *count = find_count(set, invocation->function);
    bool failed = invocation->outcome != OUTCOME_SUCCEEDED;
    set->running--;
    set->failed += failed;
    if (!count)
        return;
    count->running--;
    count->failed += failed;
    count->last_duration_ns = invocation->duration_ns;
}

const struct function_count *invocations_of_function(const struct invocations *set,
                                                     const char *function)
{
    return find_count(set, function);
}

struct invocation *invocations_append(struct invocations *set)
{
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? set->capacity * 2 : 16;
        set->kept = mem_resize(set->kept, set->capacity, sizeof(struct invocation *));
    }
    struct invocation *invocation = mem_calloc(1, sizeof *invocation);
    set->kept[set->count++] = invocation;
    return invocation;
}

struct invocation *invocations_add(struct invocations *set, uint64_t number, const char *id,
                                   const char *function, const char *request)
{
    while (set->count >= INVOCATIONS_KEPT && drop_oldest(set))
        ;
    struct invocation *invocation = invocations_append(set);
    invocation->serial = ++set->added;
    invocation->number = number;
    memcpy(invocation->id, id, strnlen(id, sizeof invocation->id - 1));
    invocation->function = mem_strdup(function);
    invocation->request = mem_strdup(request);
    invocation->outcome = OUTCOME_WAITING;
    if (!is_load(invocation))
        count_new(set, function);
    return invocation;
}

struct invocation *invocations_find(const struct invocations *set, uint64_t number)
{
    for (size_t i = set->count; i-- > 0;)
        if (set->kept[i]->number == number)
            return set->kept[i];
    return NULL;
}

size_t invocations_place(const struct invocations *set, uint64_t serial)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->kept[middle]->serial < serial)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct invocation *invocations_of_serial(const struct invocations *set, uint64_t serial)
{
    size_t place = invocations_place(set, serial);
    return place < set->count && set->kept[place]->serial == serial ? set->kept[place] : NULL;
}

const struct invocation *invocations_newest_running(const struct invocations *set)
{
    for (size_t i = set->count; i-- > 0;)
        if (set->kept[i]->outcome == OUTCOME_RUNNING)
            return set->kept[i];
    return NULL;
}

const struct invocation *invocations_latest_ended(const struct invocations *set)
{
    const struct invocation *latest = NULL;
    uint64_t latest_ns = 0;
    for (size_t i = 0; i < set->count; i++) {
        uint64_t end_ns = set->kept[i]->start_ns + set->kept[i]->duration_ns;
        if (!invocation_is_over(set->kept[i]) || end_ns < latest_ns)
            continue;
        latest = set->kept[i];
        latest_ns = end_ns;
    }
    return latest;
}

/* A copy of `text` as one harmless line. */
static char *one_line(const char *text)
{
    /* One byte becomes three at the most: U+FFFD for an invalid one. */
    size_t len = strlen(text);
    size_t size = 3 * len + 1;
    char *line = mem_calloc(size, 1);
    text_clean(line, size, text, len);
    return line;
}

void invocations_end(struct invocations *set, struct invocation *invocation, enum outcome outcome,
                     int status, uint64_t now_ns, const char *error)
{
    if (invocation_is_over(invocation))
        return;
    invocation->outcome = outcome;
    invocation->status = status;
    invocation->duration_ns = now_ns > invocation->start_ns ? now_ns - invocation->start_ns : 0;
    invocation->error = error ? one_line(error) : NULL;
    if (!is_load(invocation))
        count_end(set, invocation);
}

static bool is_before(const struct invocation_line *at, uint32_t file, uint32_t line)
{
    return at->file < file || (at->file == file && at->line < line);
}

/* Where the line's record is, or where it belongs. Lines that are brought back come in order. */
static size_t line_place(const struct invocation *invocation, uint32_t file, uint32_t line)
{
    size_t low = 0, high = invocation->line_count;
    if (high > 0 && is_before(&invocation->lines[high - 1], file, line))
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_before(&invocation->lines[middle], file, line))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct invocation *invocation, size_t place, uint32_t file, uint32_t line)
{
    return place < invocation->line_count && invocation->lines[place].file == file &&
           invocation->lines[place].line == line;
}

void invocation_set_line(struct invocation *invocation, uint32_t file, uint32_t line,
                         const struct line_stats *stats)
{
    size_t place = line_place(invocation, file, line);
    if (!is_at(invocation, place, file, line)) {
        if (invocation->line_count == invocation->line_capacity) {
            invocation->line_capacity =
                invocation->line_capacity ? invocation->line_capacity * 2 : 16;
            invocation->lines =
                mem_resize(invocation->lines, invocation->line_capacity, sizeof *invocation->lines);
        }
        memmove(invocation->lines + place + 1, invocation->lines + place,
                (invocation->line_count - place) * sizeof *invocation->lines);
        invocation->line_count++;
    }
    invocation->line_revision++;
    invocation->lines[place] =
        (struct invocation_line){.file = file, .line = line, .stats = *stats};
}

const struct line_stats *invocation_line_stats(const struct invocation *invocation, uint32_t file,
                                               uint32_t line)
{
    size_t place = line_place(invocation, file, line);
    return is_at(invocation, place, file, line) ? &invocation->lines[place].stats : NULL;
}

int64_t invocation_elsewhere_bytes(const struct invocation *invocation)
{
    int64_t whole = line_bytes_sub(invocation->rss_end_bytes, invocation->rss_start_bytes);
    int64_t known = line_bytes_add(invocation->rss_lines_bytes, invocation->rss_shared_bytes);
    return line_bytes_sub(whole, known);
}

int64_t invocation_heap_shared_bytes(const struct invocation *invocation)
{
    int64_t whole = line_bytes_sub(invocation->heap_end_bytes, invocation->heap_start_bytes);
    int64_t known = line_bytes_add(invocation->heap_lines_bytes, invocation->heap_elsewhere_bytes);
    return line_bytes_sub(whole, known);
}

bool invocation_is_over(const struct invocation *invocation)
{
    return invocation->outcome != OUTCOME_WAITING && invocation->outcome != OUTCOME_RUNNING;
}

const char *outcome_name(enum outcome outcome)
{
    return outcome_names[outcome];
}
