/* store/finder and store/curve: what is searched for is found, from wherever and in either
 * direction, also where the recording was thinned; and memory over time keeps its peaks. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/curve.h"
#include "store/finder.h"
#include "store/recording.h"
#include "tests/unit/model_fixture.h"

enum { EVENTS = 3000, ZERO_NS = 1000000 /* = NS_PER_MS */ };

static char path[] = "/tmp/test_finder.XXXXXX";
static bool is_match[EVENTS + 2]; /* by event: the number of failed ones has risen */
static uint64_t failed[EVENTS + 1];

static void check(int result, const struct error *error)
{
    if (result < 0)
        fail_msg("%s", error->text);
}

/* Events of random changes, in some of which an invocation failed. */
static int record(void **state)
{
    struct changer changer = {.seed = 20261129, .now_ns = 1000};
    struct error error = {.text = ""};
    struct model *model = model_new("/app");
    (void)state;
    close(mkstemp(path));
    struct recording *recording = recording_create(path, "/app", 5, &error);
    if (!recording)
        fail_msg("%s", error.text);
    recording_keep_events(recording, ZERO_NS);
    for (uint64_t event = 1; event <= EVENTS; event++) {
        uint64_t time_ns = (event + 1) * NS_PER_MS;
        change_model(&changer, model);
        model->lost_lines = event; /* so that each is one */
        failed[event] = model->invocations.failed;
        is_match[event] = event > 1 && failed[event] > failed[event - 1];
        check(recording_event(recording, model, changer.now_ns, &error), &error);
        recording_sample(recording, 0, time_ns, event == 1234 ? 1 << 30 : (int64_t)event);
        recording_sample(recording, 77, time_ns, INT64_MAX);
    }
    check(recording_close(recording, 1, &error), &error);
    model_free(model);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    return unlink(path);
}

static bool has_failed(void *context, const struct model *model, bool is_first)
{
    uint64_t *before = context;
    bool more = !is_first && model->invocations.failed > *before;
    *before = model->invocations.failed;
    return more;
}

/* The event that is found; 0 for none. */
static uint64_t find(struct finder *finder, uint64_t from, bool forward, uint64_t slice_ns)
{
    struct error error = {.text = ""};
    uint64_t before = 0;
    enum finder_state state;
    finder_begin(finder, (struct replay_place){from, 0}, forward, has_failed, NULL, &before);
    do
        state = finder_go(finder, slice_ns, &error);
    while (state == FINDER_SEARCHES);
    if (state == FINDER_FAILED)
        fail_msg("%s", error.text);
    return state == FINDER_FOUND ? finder_place(finder).event : 0;
}

static uint64_t expected(uint64_t from, bool forward)
{
    for (uint64_t event = from; forward ? event < EVENTS : event > 1;) {
        event += forward ? 1 : (uint64_t)-1;
        if (is_match[event])
            return event;
    }
    return 0;
}

static void test_both_directions(void **state)
{
    struct error error = {.text = ""};
    struct finder *finder = finder_new(path, &error);
    uint64_t found = 0;
    (void)state;
    assert_non_null(finder);
    for (uint64_t from = 1; from <= EVENTS; from += 37) {
        assert_int_equal(find(finder, from, true, 1), expected(from, true));
        assert_int_equal(find(finder, from, false, NS_PER_SECOND), expected(from, false));
        found += expected(from, true) > 0;
    }
    assert_true(found > 10);
    assert_int_equal(find(finder, 1, false, 1), 0);
    assert_int_equal(find(finder, EVENTS, true, 1), 0);
    finder_free(finder);
}

static void test_curve(void **state)
{
    static struct curve curve;
    struct error error = {.text = ""};
    struct replay *replay = replay_open(path, &error);
    int64_t rows, most = 0;
    (void)state;
    assert_non_null(replay);
    while ((rows = curve_read(&curve, replay, 700, &error)) == 700)
        continue;
    check((int)rows, &error);
    assert_int_equal(rows, EVENTS % 700);
    assert_int_equal(curve_read(&curve, replay, 700, &error), 0);
    const struct timeline *timeline = &curve.timeline;
    assert_int_equal(timeline->points[0].time_ns, NS_PER_MS);
    assert_int_equal(timeline->points[timeline->count - 1].rss_bytes, EVENTS);
    for (size_t i = 0; i < timeline->count; i++)
        most = timeline->points[i].rss_bytes > most ? timeline->points[i].rss_bytes : most;
    assert_int_equal(most, 1 << 30);
    replay_close(replay);
}

/* However many samples: stretches of one length, each with its peak. */
static void test_long_curve(void **state)
{
    static struct curve curve;
    uint64_t last_ns = 0;
    (void)state;
    memset(&curve, 0, sizeof curve);
    for (uint64_t i = 1; i <= 200000; i++)
        curve_add(&curve, i * NS_PER_MS, i == 5000 ? 1 << 30 : (int64_t)(i % 100));
    assert_true(curve.timeline.count > TIMELINE_POINTS / 3);
    bool has_peak = false;
    for (size_t i = 0; i < curve.timeline.count; i++) {
        const struct timeline_point *point = &curve.timeline.points[i];
        assert_true(i == 0 || point->time_ns / curve.width_ns > last_ns / curve.width_ns);
        bool is_whole = i > 0 && i + 1 < curve.timeline.count;
        assert_true(!is_whole || point->rss_bytes >= 60);
        has_peak |= point->rss_bytes == 1 << 30 && point->time_ns == 5000 * NS_PER_MS;
        last_ns = point->time_ns;
    }
    assert_true(has_peak);
}

static void test_neighbours(void **state)
{
    struct error error = {.text = ""};
    struct replay *replay = replay_open(path, &error);
    (void)state;
    assert_non_null(replay);
    uint64_t keyframe = replay_keyframe_before(replay, EVENTS);
    assert_true(keyframe > 1 && keyframe < EVENTS);
    assert_true(replay_keyframe_before(replay, keyframe) < keyframe);
    assert_int_equal(replay_keyframe_before(replay, 1), 0);
    for (uint64_t event = 2; event < EVENTS; event += 91) {
        uint64_t time_ns = replay_time_of(replay, event);
        assert_int_equal(replay_event_from(replay, time_ns),
                         replay_event_from(replay, time_ns - 1) +
                             (replay_time_of(replay, event - 1) == time_ns - 1));
        assert_true(replay_event_from(replay, time_ns) <= event);
        assert_int_equal(replay_time_of(replay, replay_event_from(replay, time_ns)), time_ns);
    }
    assert_int_equal(replay_event_from(replay, UINT64_MAX), EVENTS);
    replay_close(replay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_directions),
        cmocka_unit_test(test_curve),
        cmocka_unit_test(test_long_curve),
        cmocka_unit_test(test_neighbours),
    };
    return cmocka_run_group_tests(tests, record, drop);
}
