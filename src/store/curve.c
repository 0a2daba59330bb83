#include "config.h"
#include "store/curve.h"

#include "base/clock.h"

enum { WIDTH_FIRST_NS = NS_PER_MS };

static void add_point(struct curve *curve, uint64_t time_ns, int64_t bytes)
{
    struct timeline *timeline = &curve->timeline;
    struct timeline_point *last = timeline->count ? &timeline->points[timeline->count - 1] : NULL;
    if (!last || time_ns / curve->width_ns != last->time_ns / curve->width_ns)
        timeline->points[timeline->count++] = (struct timeline_point){time_ns, bytes};
    else if (bytes > last->rss_bytes)
        *last = (struct timeline_point){time_ns, bytes};
}

/* Stretches become twice as long until there is room. */
static void make_room(struct curve *curve)
{
    while (curve->timeline.count == TIMELINE_POINTS) {
        struct timeline *timeline = &curve->timeline;
        size_t count = timeline->count;
        curve->width_ns *= 2;
        timeline->count = 0;
        for (size_t i = 0; i < count; i++)
            add_point(curve, timeline->points[i].time_ns, timeline->points[i].rss_bytes);
    }
}

void curve_add(struct curve *curve, uint64_t time_ns, int64_t bytes)
{
    const struct timeline *timeline = &curve->timeline;
    if (!curve->width_ns)
        curve->width_ns = WIDTH_FIRST_NS;
    if (timeline->count && time_ns < timeline->points[timeline->count - 1].time_ns)
        return;
    make_room(curve);
    add_point(curve, time_ns, bytes);
}

static void take_sample(void *context, int64_t row, uint64_t time_ns, int64_t bytes)
{
    struct curve *curve = context;
    curve->row = row;
    curve_add(curve, time_ns, bytes);
}

int64_t curve_read(struct curve *curve, struct replay *replay, int64_t rows, struct error *error)
{
    return replay_read_samples(replay, curve->row, rows, take_sample, curve, error);
}
