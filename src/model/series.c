#include "config.h"
#include "model/series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

void series_init(struct series *series)
{
    *series = (struct series){.tracks = mem_calloc(1, sizeof *series->tracks), .track_count = 1};
}

void series_fini(struct series *series)
{
    for (size_t i = 0; i < series->track_count; i++)
        free(series->tracks[i].samples);
    for (size_t i = 0; i < series->function_count; i++)
        free(series->functions[i].name);
    free(series->tracks);
    free(series->functions);
    free(series->spans);
    free(series->command);
    *series = (struct series){0};
}

void series_set_command(struct series *series, const char *text, size_t len)
{
    free(series->command);
    series->command = mem_strndup(text, len);
}

/* Room for one more entry of `size` bytes in an array that grows by half. */
static void *grow(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    *capacity = *capacity + *capacity / 2 + 16;
    return mem_resize(array, *capacity, size);
}

/* The track of that process, made where there is none; NULL past the maximum. */
static struct series_track *find_track(struct series *series, uint64_t pid)
{
    if (series->tracks[series->latest_track].pid == pid)
        return &series->tracks[series->latest_track];
    size_t at = 0;
    while (at < series->track_count && series->tracks[at].pid != pid)
        at++;
    if (at == SERIES_TRACKS_MAX)
        return NULL;
    if (at == series->track_count) {
        series->tracks = mem_resize(series->tracks, at + 1, sizeof *series->tracks);
        series->tracks[at] = (struct series_track){.pid = pid};
        series->track_count++;
    }
    series->latest_track = at;
    return &series->tracks[at];
}

int series_add_sample(struct series *series, uint64_t pid, uint64_t time_ns, int64_t bytes)
{
    struct series_track *track =
        series->sample_count < SERIES_SAMPLES_MAX ? find_track(series, pid) : NULL;
    if (!track)
        return -ENOBUFS;
    track->samples = grow(track->samples, track->count, &track->capacity, sizeof *track->samples);
    track->samples[track->count++] = (struct series_sample){.time_ns = time_ns, .bytes = bytes};
    series->sample_count++;
    return 0;
}

/* FNV-1a. */
static uint64_t hash_of(const char *name, size_t len)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * 1099511628211u;
    return hash;
}

static size_t find_function(const struct series *series, const char *name, size_t len,
                            uint64_t hash)
{
    size_t at = 0;
    for (; at < series->function_count; at++) {
        const struct series_function *function = &series->functions[at];
        if (function->hash == hash && strlen(function->name) == len &&
            memcmp(function->name, name, len) == 0)
            break;
    }
    return at;
}

int series_add_span(struct series *series, const char *name, size_t len,
                    const struct series_span *span)
{
    len = strnlen(name, len);
    uint64_t hash = hash_of(name, len);
    size_t at = find_function(series, name, len, hash);
    if (series->span_count == SERIES_SPANS_MAX || at == SERIES_FUNCTIONS_MAX)
        return -ENOBUFS;
    if (at == series->function_count) {
        series->functions = mem_resize(series->functions, at + 1, sizeof *series->functions);
        series->functions[series->function_count++] =
            (struct series_function){.name = mem_strndup(name, len), .hash = hash};
    }
    series->spans =
        grow(series->spans, series->span_count, &series->span_capacity, sizeof *series->spans);
    series->spans[series->span_count] = *span;
    series->spans[series->span_count++].function = at;
    return 0;
}

static int compare_samples(const void *left, const void *right)
{
    const struct series_sample *a = left, *b = right;
    return (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
}

/* By begin; of two that begin together the longer one is the outer one. */
static int compare_spans(const void *left, const void *right)
{
    const struct series_span *a = left, *b = right;
    if (a->begin_ns != b->begin_ns)
        return a->begin_ns < b->begin_ns ? -1 : 1;
    if (a->end_ns != b->end_ns)
        return a->end_ns > b->end_ns ? -1 : 1;
    return (a->level > b->level) - (a->level < b->level);
}

/* Files are in order but for what two writers have mixed up, and qsort() takes its time. */
static void sort(void *array, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    for (size_t i = 1; i < count; i++) {
        const char *at = (const char *)array + i * size;
        if (compare(at - size, at) > 0) {
            qsort(array, count, size, compare);
            return;
        }
    }
}

void series_sort(struct series *series)
{
    for (size_t i = 0; i < series->track_count; i++)
        sort(series->tracks[i].samples, series->tracks[i].count, sizeof(struct series_sample),
             compare_samples);
    sort(series->spans, series->span_count, sizeof *series->spans, compare_spans);
}

const struct series_sample *series_track_peak(const struct series_track *track)
{
    const struct series_sample *peak = NULL;
    for (size_t i = 0; i < track->count; i++)
        if (!peak || track->samples[i].bytes > peak->bytes)
            peak = &track->samples[i];
    return peak;
}

bool series_range(const struct series *series, uint64_t *from_ns, uint64_t *to_ns)
{
    *from_ns = UINT64_MAX;
    *to_ns = 0;
    for (size_t i = 0; i < series->track_count; i++) {
        const struct series_track *track = &series->tracks[i];
        for (size_t k = 0; k < track->count; k++) {
            uint64_t time_ns = track->samples[k].time_ns;
            *from_ns = time_ns < *from_ns ? time_ns : *from_ns;
            *to_ns = time_ns > *to_ns ? time_ns : *to_ns;
        }
    }
    for (size_t i = 0; i < series->span_count; i++) {
        const struct series_span *span = &series->spans[i];
        *from_ns = span->begin_ns < *from_ns ? span->begin_ns : *from_ns;
        *to_ns = span->end_ns > *to_ns ? span->end_ns : *to_ns;
    }
    return *from_ns <= *to_ns;
}

size_t series_find_function(const struct series *series, const char *name)
{
    return find_function(series, name, strlen(name), hash_of(name, strlen(name)));
}

/* The first sample of the track that is not before `time_ns`. */
static size_t first_from(const struct series_track *track, uint64_t time_ns)
{
    size_t low = 0, high = track->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (track->samples[middle].time_ns < time_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Spans come by their begin, so that what one of them has looked at is not looked at again. */
bool series_function_peak(const struct series *series, size_t function, int64_t *bytes)
{
    const struct series_track *track = &series->tracks[0];
    bool found = false;
    size_t seen = 0;
    for (size_t i = 0; i < series->span_count; i++) {
        const struct series_span *span = &series->spans[i];
        if (span->function != function)
            continue;
        int64_t most = span->begin_bytes > span->end_bytes ? span->begin_bytes : span->end_bytes;
        size_t at = first_from(track, span->begin_ns);
        for (at = at > seen ? at : seen;
             at < track->count && track->samples[at].time_ns <= span->end_ns; at++)
            most = track->samples[at].bytes > most ? track->samples[at].bytes : most;
        seen = at > seen ? at : seen;
        *bytes = found && *bytes > most ? *bytes : most;
        found = true;
    }
    return found;
}

bool series_slope(const struct series *series, uint64_t from_ns, uint64_t to_ns,
                  double *bytes_per_second, double *at_from)
{
    const struct series_track *track = &series->tracks[0];
    double count = 0, x_mean = 0, y_mean = 0, xy = 0, xx = 0;
    /* In one pass, with sums of differences from the means so far, which do not lose digits. */
    for (size_t i = first_from(track, from_ns);
         i < track->count && track->samples[i].time_ns <= to_ns; i++) {
        double x = (double)(track->samples[i].time_ns - from_ns) / NS_PER_SECOND;
        double y = (double)track->samples[i].bytes, x_off = x - x_mean;
        count++;
        x_mean += x_off / count;
        y_mean += (y - y_mean) / count;
        xy += x_off * (y - y_mean);
        xx += x_off * (x - x_mean);
    }
    if (!(xx > 0))
        return false;
    *bytes_per_second = xy / xx;
    *at_from = y_mean - *bytes_per_second * x_mean;
    return true;
}
