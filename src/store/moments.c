#include "config.h"
#include "store/moments.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/line.h"
#include "store/json.h"

enum { NUMBERS_MAX = 6, NUMBERS_OF_MARK = 3, CAPACITY_FIRST = 64 };

void moments_fini(struct moments *moments)
{
    free(moments->items);
    *moments = (struct moments){.count = 0};
}

void moments_clear(struct moments *moments)
{
    moments->count = 0;
}

void moments_add(struct moments *moments, const struct moment *moment)
{
    if (moments->count == moments->capacity) {
        moments->capacity = moments->capacity ? 2 * moments->capacity : CAPACITY_FIRST;
        moments->items = mem_resize(moments->items, moments->capacity, sizeof *moments->items);
    }
    moments->items[moments->count++] = *moment;
}

/* ---- writing ---- */

/* What begins and ends at once begins first. */
static int by_time(const void *left, const void *right)
{
    const struct moment *a = left, *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    if (a->serial != b->serial)
        return a->serial < b->serial ? -1 : 1;
    return (a->kind > b->kind) - (a->kind < b->kind);
}

static int put(struct buf *out, size_t count, const int64_t *numbers, size_t number_count)
{
    char text[NUMBERS_MAX * JSON_NUMBER_BYTES + 2], *at = text;
    *at++ = count ? ',' : '[';
    for (size_t i = 0; i < number_count; i++)
        at = json_put(at, i ? ',' : '[', numbers[i]);
    *at++ = ']';
    return buf_append(out, text, (size_t)(at - text));
}

static int put_mark(struct buf *out, size_t count, uint64_t past_ns, const struct moment *mark)
{
    const int64_t numbers[] = {(int64_t)past_ns, (int64_t)mark->serial, mark->kind};
    return put(out, count, numbers, ARRAY_LEN(numbers));
}

static int put_sample(struct buf *out, size_t count, uint64_t past_ns, const struct sample *sample)
{
    const int64_t numbers[] = {(int64_t)past_ns, sample->delta_bytes,     sample->file,
                               sample->line,     (int64_t)sample->serial, sample->unchanged};
    return put(out, count, numbers, ARRAY_LEN(numbers));
}

/* What is still to be written. */
struct written {
    struct buf *out;
    const struct samples *samples;
    size_t count;
    uint64_t last_ns;
};

/* Is the next one of the marks before the next sample, where there is one? A beginning comes before
 * what changes then, an end after it. */
static bool is_before(const struct moment *mark, const struct sample *sample)
{
    return !sample || mark->time_ns < sample->time_ns ||
           (mark->time_ns == sample->time_ns && mark->kind == MOMENT_BEGIN);
}

/* The time since the one before, which is then `time_ns`. */
static uint64_t pass(struct written *written, uint64_t time_ns)
{
    uint64_t past_ns = 0;
    if (written->count == 0)
        written->last_ns = time_ns;
    if (time_ns > written->last_ns)
        past_ns = time_ns - written->last_ns;
    written->last_ns += past_ns;
    return past_ns;
}

static int write_next(struct written *written, const struct moment **mark, const struct moment *end,
                      uint64_t *from, uint64_t to)
{
    const struct sample *sample = *from < to ? samples_at(written->samples, *from) : NULL;
    int result;
    if (*mark < end && is_before(*mark, sample)) {
        result = put_mark(written->out, written->count, pass(written, (*mark)->time_ns), *mark);
        ++*mark;
    } else if (sample) {
        result = put_sample(written->out, written->count, pass(written, sample->time_ns), sample);
        ++*from;
    } else {
        return -1;
    }
    written->count++;
    return result;
}

static uint64_t first_time(const struct moments *marks, const struct sample *sample)
{
    if (marks->count > 0 && is_before(&marks->items[0], sample))
        return marks->items[0].time_ns;
    return sample ? sample->time_ns : 0;
}

size_t moments_write(struct buf *out, struct moments *marks, const struct samples *samples,
                     uint64_t from, uint64_t to, uint64_t *first, int64_t *before)
{
    struct written written = {.out = out, .samples = samples};
    const struct sample *sample = from < to ? samples_at(samples, from) : NULL;
    if (marks->count > 1)
        qsort(marks->items, marks->count, sizeof *marks->items, by_time);
    const struct moment *mark = marks->items;
    const struct moment *end = marks->count ? mark + marks->count : mark;
    *before = sample ? line_bytes_sub(sample->rss_bytes, sample->delta_bytes) : 0;
    *first = first_time(marks, sample);
    while (mark < end || from < to)
        if (write_next(&written, &mark, end, &from, to))
            return 0;
    return written.count && buf_append(out, "]", 1) == 0 ? written.count : 0;
}

/* ---- reading ---- */

static bool take(struct span *text, char wanted)
{
    if (text->len == 0 || *text->at != wanted)
        return false;
    *text = span_skip(*text, 1);
    return true;
}

static bool take_number(struct span *text, int64_t *number)
{
    bool is_negative = take(text, '-');
    uint64_t size = 0;
    size_t digits = 0;
    for (; text->len > 0 && *text->at >= '0' && *text->at <= '9'; digits++) {
        uint64_t digit = (uint64_t)(*text->at - '0');
        if (size > ((uint64_t)INT64_MAX - digit) / 10)
            return false;
        size = size * 10 + digit;
        *text = span_skip(*text, 1);
    }
    *number = is_negative ? -(int64_t)size : (int64_t)size;
    return digits > 0;
}

/* "[1,2,...]": how many numbers, or 0 where it is no such thing. */
static size_t take_numbers(struct span *text, int64_t *numbers)
{
    size_t count = 0;
    do {
        if (count == NUMBERS_MAX || !take(text, count ? ',' : '[') ||
            !take_number(text, &numbers[count++]))
            return 0;
    } while (!take(text, ']'));
    return count;
}

static bool is_mark(const int64_t *numbers)
{
    return numbers[1] > 0 && (numbers[2] == MOMENT_BEGIN || numbers[2] == MOMENT_END);
}

static bool is_sample(const int64_t *numbers)
{
    return numbers[2] >= 0 && numbers[2] <= UINT32_MAX && numbers[3] >= 0 &&
           numbers[3] <= UINT32_MAX && numbers[4] >= 0 && numbers[5] >= 0 &&
           numbers[5] <= UINT32_MAX;
}

/* Makes the next one of the one before it. */
static int make(struct moment *moment, const int64_t *numbers, size_t count)
{
    bool marks = count == NUMBERS_OF_MARK;
    if (numbers[0] < 0 || (!marks && count != NUMBERS_MAX) ||
        !(marks ? is_mark(numbers) : is_sample(numbers)))
        return -1;
    *moment = (struct moment){
        .time_ns = moment->time_ns + (uint64_t)numbers[0],
        .kind = marks ? (enum moment_kind)numbers[2] : MOMENT_SAMPLE,
        .serial = (uint64_t)numbers[marks ? 1 : 4],
        .rss_bytes = moment->rss_bytes,
    };
    if (marks)
        return 0;
    moment->delta_bytes = numbers[1];
    moment->rss_bytes = line_bytes_add(moment->rss_bytes, numbers[1]);
    moment->file = (uint32_t)numbers[2];
    moment->line = (uint32_t)numbers[3];
    moment->unchanged = (uint32_t)numbers[5];
    return 0;
}

int moments_read(struct moments *moments, struct span text, uint64_t first, int64_t before)
{
    struct moment moment = {.time_ns = first, .rss_bytes = before};
    int64_t numbers[NUMBERS_MAX] = {0};
    moments_clear(moments);
    do {
        if (moments->count == MOMENTS_MAX || !take(&text, moments->count ? ',' : '[') ||
            make(&moment, numbers, take_numbers(&text, numbers)))
            return -1;
        moments_add(moments, &moment);
    } while (!take(&text, ']'));
    return text.len == 0 ? 0 : -1;
}
