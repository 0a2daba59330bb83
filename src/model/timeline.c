/*
 * Two things keep the list short. A plateau is two points, its first reading and its latest, since
 * all between them say the same. And where the list is full, every two points become the higher of
 * the two: what is lost is when exactly a value was read, never that a peak was there. The newest
 * two points are left alone, so that "now" is always what was read last.
 */
#include "config.h"
#include "model/timeline.h"

static void thin(struct timeline *timeline)
{
    struct timeline_point *points = timeline->points;
    size_t kept = 0;
    size_t alone = timeline->count - 2;
    for (size_t i = 0; i < alone; i += 2)
        points[kept++] = points[i].rss_bytes > points[i + 1].rss_bytes ? points[i] : points[i + 1];
    points[kept++] = points[alone];
    points[kept++] = points[alone + 1];
    timeline->count = kept;
}

_Static_assert(TIMELINE_POINTS % 2 == 0 && TIMELINE_POINTS >= 8, "points are thinned in pairs");

void timeline_add(struct timeline *timeline, uint64_t time_ns, int64_t rss_bytes)
{
    struct timeline_point *points = timeline->points;
    size_t count = timeline->count;
    if (count > 0 && time_ns < points[count - 1].time_ns)
        return;
    if (count >= 2 && points[count - 1].rss_bytes == rss_bytes &&
        points[count - 2].rss_bytes == rss_bytes) {
        points[count - 1].time_ns = time_ns;
        return;
    }
    if (count == TIMELINE_POINTS)
        thin(timeline);
    points[timeline->count++] = (struct timeline_point){.time_ns = time_ns, .rss_bytes = rss_bytes};
}

/* Which of `bins` stretches of [from_ns, to_ns] holds `time_ns`. Times may be as large as 2^64, so
 * the product needs more bits. */
static size_t bin_of(uint64_t time_ns, uint64_t from_ns, uint64_t to_ns, size_t bins)
{
    if (to_ns <= from_ns)
        return 0;
    __extension__ typedef unsigned __int128 wide;
    size_t bin = (size_t)((wide)(time_ns - from_ns) * bins / (to_ns - from_ns));
    return bin < bins ? bin : bins - 1;
}

void timeline_bins(const struct timeline *timeline, uint64_t from_ns, uint64_t to_ns, size_t bins,
                   int64_t *out)
{
    int64_t before = 0; /* the last reading before the stretch that is being filled */
    size_t at = 0;
    while (at < timeline->count && timeline->points[at].time_ns < from_ns)
        before = timeline->points[at++].rss_bytes;
    for (size_t bin = 0; bin < bins; bin++) {
        int64_t most = before;
        for (size_t read = 0; at < timeline->count; at++, read++) {
            const struct timeline_point *point = &timeline->points[at];
            if (point->time_ns > to_ns || bin_of(point->time_ns, from_ns, to_ns, bins) != bin)
                break;
            if (read == 0 || point->rss_bytes > most)
                most = point->rss_bytes;
            before = point->rss_bytes;
        }
        out[bin] = most;
    }
}

size_t timeline_peaks(const struct timeline *timeline, int64_t rise_bytes, uint64_t *out)
{
    const struct timeline_point *high = NULL; /* since it was lowest, where it has risen */
    int64_t low = INT64_MAX;
    size_t count = 0;
    for (size_t i = 0; i < timeline->count; i++) {
        const struct timeline_point *point = &timeline->points[i];
        low = point->rss_bytes < low ? point->rss_bytes : low;
        if (high ? point->rss_bytes > high->rss_bytes : point->rss_bytes - low >= rise_bytes)
            high = point;
        if (high && high->rss_bytes - point->rss_bytes >= rise_bytes) {
            out[count++] = high->time_ns;
            high = NULL;
            low = point->rss_bytes;
        }
    }
    if (high)
        out[count++] = high->time_ns;
    return count;
}
