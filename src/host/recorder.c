/*
 * That the model has changed is seen by its revision, whenever the loop is about to wait. So an
 * event is what a screen could have shown at that moment, and of what happens within a thirtieth of
 * a second there is the end; where figures alone have changed, within a tenth. A stop is an event
 * of its own however soon the next one comes, so that steps can be gone through as they were taken.
 *
 * The timeline of the model is read behind a mark: what is later than what was taken last. It may
 * be thinned on the way, which keeps peaks. A time at which nothing changed is no point of it, so
 * that a reading is added where there was none for a second: a line in a plot then goes on to where
 * the process was last seen.
 */
#include "config.h"
#include "host/recorder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/process.h"
#include "host/path.h"
#include "host/series_file.h"
#include "host/temporary.h"
#include "store/recording.h"

enum {
    TICK_MS = 100,
    TICKS_A_COMMIT = 5,
    STAMP_SIZE = 16,
    EVENT_MS = 33,
    FIGURES_MS = 100, /* where nothing but figures has changed */
    /* The model keeps the latest ones: none may come and go between two events. */
    INVOCATIONS_AN_EVENT = INVOCATIONS_KEPT / 2,
    SAMPLES_AN_EVENT = SAMPLES_KEPT / 2,
};

#define STILL_NS NS_PER_SECOND

/* What one would want to have seen at its moment: it rises, or is another. */
struct happened {
    uint64_t added, running, failed; /* invocations */
    uint64_t output, stops, deaths, starts;
    size_t files;
    enum worker_state worker;
    bool is_stopped, is_leaving, is_evaluating, is_awaited;
};

struct recorder {
    struct recorder_setup setup;
    char *path;                  /* owned; NULL where there is no place for one */
    struct temporary held;       /* where it is, if nobody named a file */
    bool is_held;                /* it is there */
    char *file;                  /* owned; what the user asked for, or NULL */
    struct recording *recording; /* NULL where it failed */
    struct error error;
    bool has_failed, is_failure_said;
    uv_timer_t timer;
    uv_prepare_t before_wait;
    uv_timer_t event_timer;   /* where a change must wait until it may be an event */
    uint64_t event_ns;        /* monotonic time of the latest event */
    uint64_t revision;        /* of the model, then */
    uint64_t samples;         /* ever, by then */
    struct happened happened; /* by then */
    unsigned open;            /* handles */
    uint64_t ticks;
    uint64_t zero_ns; /* the real time at 0 of the monotonic clock, when it was begun */
    uint64_t last_ns; /* monotonic time of the worker's latest sample */
};

/* ---- failures ---- */

static void say_failure(struct recorder *recorder)
{
    if (!recorder->has_failed || recorder->is_failure_said)
        return;
    fprintf(stderr, "pymemtop: %s; %s\n", recorder->error.text,
            recorder->is_held ? "nothing can be replayed" : "nothing more is recorded");
    recorder->is_failure_said = true;
}

/* The recording is closed as it is: what was committed stays readable. */
static void give_up(struct recorder *recorder)
{
    struct error ignored;
    recorder->has_failed = true;
    if (recorder->recording)
        recording_close(recorder->recording, clock_realtime_ns(), &ignored);
    recorder->recording = NULL;
    if (!recorder->setup.has_screen)
        say_failure(recorder);
}

/* ---- samples ---- */

static void add_sample(struct recorder *recorder, uint64_t pid, uint64_t now_ns, int64_t bytes)
{
    if (recorder->recording)
        recording_sample(recorder->recording, pid, recorder->zero_ns + now_ns, bytes);
}

static void add_worker(struct recorder *recorder, uint64_t now_ns, bool is_last)
{
    const struct model *model = recorder->setup.model;
    const struct timeline *timeline = &model->timeline;
    size_t at = timeline->count;
    while (at > 0 && timeline->points[at - 1].time_ns > recorder->last_ns)
        at--;
    for (; at < timeline->count; at++) {
        recorder->last_ns = timeline->points[at].time_ns;
        add_sample(recorder, SERIES_MAIN, recorder->last_ns, timeline->points[at].rss_bytes);
    }
    bool is_still = now_ns > recorder->last_ns && now_ns - recorder->last_ns >= STILL_NS;
    if (model->rss_bytes > 0 && (is_still || (is_last && now_ns > recorder->last_ns))) {
        recorder->last_ns = now_ns;
        add_sample(recorder, SERIES_MAIN, now_ns, model->rss_bytes);
    }
}

struct descent {
    struct recorder *recorder;
    uint64_t now_ns;
    int depth;
};

static void add_child(void *context, int pid)
{
    struct descent *above = context;
    struct descent below = *above;
    int64_t bytes = process_memory_bytes(pid, PROCESS_RSS);
    if (bytes > 0)
        add_sample(above->recorder, (uint64_t)pid, above->now_ns, bytes);
    if (++below.depth < PROCESS_DEPTH_MAX)
        process_visit_children(pid, add_child, &below);
}

static void add_children(struct recorder *recorder, uint64_t now_ns)
{
    struct descent descent = {.recorder = recorder, .now_ns = now_ns};
    if (recorder->setup.model->worker_pid)
        process_visit_children(recorder->setup.model->worker_pid, add_child, &descent);
}

/* The user's file goes its own way. */
static void check_file(struct recorder *recorder)
{
    struct error error, ignored;
    if (!recorder->file || recording_copy_check(recorder->recording, &error) == 0)
        return;
    recording_copy_end(recorder->recording, clock_realtime_ns(), NULL, &ignored);
    free(recorder->file);
    recorder->file = NULL;
    if (recorder->setup.failed)
        recorder->setup.failed(recorder->setup.context, error.text);
}

static void on_tick(uv_timer_t *timer)
{
    struct recorder *recorder = timer->data;
    uint64_t now_ns = clock_monotonic_ns();
    if (!recorder->recording)
        return;
    add_worker(recorder, now_ns, false);
    add_children(recorder, now_ns);
    check_file(recorder);
    if (++recorder->ticks % TICKS_A_COMMIT == 0 && recorder->recording &&
        recording_commit(recorder->recording, &recorder->error))
        give_up(recorder);
}

/* ---- events ---- */

static struct happened happened_in(const struct model *model)
{
    return (struct happened){
        .added = model->invocations.added,
        .running = model->invocations.running,
        .failed = model->invocations.failed,
        .output = model->output.total,
        .stops = model->stop.count,
        .deaths = model->worker_deaths,
        .starts = model->worker_starts,
        .files = model->file_count,
        .worker = model->worker,
        .is_stopped = model->stop.is_stopped,
        .is_leaving = model->stop.is_leaving,
        .is_evaluating = model->stop.is_evaluating,
        .is_awaited = model->stop.is_awaited,
    };
}

static bool is_same(const struct happened *a, const struct happened *b)
{
    return a->added == b->added && a->running == b->running && a->failed == b->failed &&
           a->output == b->output && a->stops == b->stops && a->deaths == b->deaths &&
           a->starts == b->starts && a->files == b->files && a->worker == b->worker &&
           a->is_stopped == b->is_stopped && a->is_leaving == b->is_leaving &&
           a->is_evaluating == b->is_evaluating && a->is_awaited == b->is_awaited;
}

/* How long after the latest event the model may be the next one. */
static uint64_t pause_ms(const struct happened *now, const struct happened *before)
{
    if (now->stops != before->stops)
        return 0;
    return is_same(now, before) ? FIGURES_MS : EVENT_MS;
}

static void add_event(struct recorder *recorder, uint64_t now_ns)
{
    const struct model *model = recorder->setup.model;
    if (recorder->setup.memory_alone || !recorder->recording)
        return;
    recorder->event_ns = now_ns;
    recorder->revision = model->revision;
    recorder->samples = model->samples.total;
    recorder->happened = happened_in(model);
    if (recording_event(recorder->recording, model, now_ns, &recorder->error))
        give_up(recorder);
}

static void on_event_timer(uv_timer_t *timer)
{
    (void)timer; /* the loop goes around, which is all that is needed */
}

static void on_before_wait(uv_prepare_t *handle)
{
    struct recorder *recorder = handle->data;
    const struct model *model = recorder->setup.model;
    if (!recorder->recording || model->revision == recorder->revision)
        return;
    const struct happened now = happened_in(model);
    uint64_t now_ns = clock_monotonic_ns(), past_ms = (now_ns - recorder->event_ns) / NS_PER_MS;
    uint64_t after_ms = pause_ms(&now, &recorder->happened);
    bool is_much = now.added - recorder->happened.added >= INVOCATIONS_AN_EVENT ||
                   model->samples.total - recorder->samples >= SAMPLES_AN_EVENT;
    if (past_ms >= after_ms || is_much)
        add_event(recorder, now_ns);
    else if (!uv_is_active((uv_handle_t *)&recorder->event_timer) ||
             uv_timer_get_due_in(&recorder->event_timer) > after_ms - past_ms)
        uv_timer_start(&recorder->event_timer, on_event_timer, after_ms - past_ms, 0);
}

/* ---- calls ---- */

void recorder_call(struct recorder *recorder, const char *name, const struct series_span *span)
{
    if (!recorder || !recorder->recording)
        return;
    struct series_span real = *span;
    real.begin_ns += recorder->zero_ns;
    real.end_ns += recorder->zero_ns;
    recording_call(recorder->recording, name, &real);
}

/* Where there are events it is in them. One that the worker had not begun took nothing. */
void recorder_invocation(struct recorder *recorder, const struct invocation *invocation)
{
    if (recorder && recorder->recording && !recorder->setup.memory_alone) {
        recording_keep_invocations(recorder->recording);
        return;
    }
    const struct series_span span = {
        .begin_ns = invocation->start_ns,
        .end_ns = invocation->start_ns + invocation->duration_ns,
        .begin_bytes = invocation->rss_start_bytes,
        .end_bytes = invocation->rss_end_bytes,
    };
    if (recorder && invocation->rss_start_bytes > 0)
        recorder_call(recorder, invocation->function, &span);
}

/* ---- the begin ---- */

char *recorder_default_path(void)
{
    char stamp[STAMP_SIZE] = "";
    time_t now = (time_t)(clock_realtime_ns() / NS_PER_SECOND);
    struct tm parts;
    if (localtime_r(&now, &parts))
        strftime(stamp, sizeof stamp, "%Y%m%d%H%M%S", &parts);
    return mem_printf("pymemtop_%s.pymemtop", stamp);
}

static void begin_handles(struct recorder *recorder)
{
    uv_loop_t *loop = recorder->setup.loop;
    uv_timer_init(loop, &recorder->timer);
    uv_timer_init(loop, &recorder->event_timer);
    uv_prepare_init(loop, &recorder->before_wait);
    recorder->timer.data = recorder->event_timer.data = recorder->before_wait.data = recorder;
    recorder->open = 3;
    uv_timer_start(&recorder->timer, on_tick, TICK_MS, TICK_MS);
    if (!recorder->setup.memory_alone)
        uv_prepare_start(&recorder->before_wait, on_before_wait);
}

/* Where it is to be written, which must be freed; NULL: there is no place, and why is in `error`.
 */
static char *find_path(struct recorder *recorder)
{
    const char *named = recorder->setup.path;
    if (named)
        return *named ? mem_strdup(named) : recorder_default_path();
    recorder->is_held = true;
    if (temporary_open(&recorder->held, &recorder->error))
        return NULL;
    return path_join(recorder->held.folder, "recording");
}

static int64_t limit_of(const struct recorder *recorder)
{
    int64_t limit = recorder->setup.limit_bytes;
    return recorder->is_held && (limit == 0 || limit > HELD_BYTES_MAX) ? HELD_BYTES_MAX : limit;
}

static int begin_recording(struct recorder *recorder, uint64_t real_ns)
{
    const struct recorder_setup *setup = &recorder->setup;
    recorder->path = find_path(recorder);
    if (!recorder->path)
        return -1;
    recorder->recording =
        recording_create(recorder->path, setup->command, real_ns, &recorder->error);
    if (!recorder->recording)
        return -1;
    recording_limit(recorder->recording, limit_of(recorder));
    recording_add_packages(recorder->recording, &setup->model->packages);
    if (!setup->memory_alone)
        recording_keep_events(recorder->recording, recorder->zero_ns);
    return 0;
}

struct recorder *recorder_start(const struct recorder_setup *setup)
{
    if (!setup->path && !setup->has_screen)
        return NULL;
    struct recorder *recorder = mem_calloc(1, sizeof *recorder);
    uint64_t now_ns = clock_monotonic_ns(), real_ns = clock_realtime_ns();
    recorder->setup = *setup;
    recorder->zero_ns = real_ns - now_ns;
    if (begin_recording(recorder, real_ns))
        give_up(recorder);
    begin_handles(recorder);
    return recorder;
}

/* ---- while it is written ---- */

const char *recorder_path(const struct recorder *recorder)
{
    return recorder && recorder->recording ? recorder->path : NULL;
}

void recorder_add_event(struct recorder *recorder)
{
    if (recorder)
        add_event(recorder, clock_monotonic_ns());
}

int recorder_flush(struct recorder *recorder, struct error *error)
{
    if (!recorder)
        return error_set(error, EXIT_STATUS_SYSTEM, "nothing is recorded");
    if (recorder->recording) {
        uint64_t now_ns = clock_monotonic_ns();
        add_worker(recorder, now_ns, false);
        add_event(recorder, now_ns);
    }
    if (recorder->recording && recording_flush(recorder->recording, &recorder->error))
        give_up(recorder);
    if (recorder->recording)
        return 0;
    *error = recorder->error;
    return -1;
}

/* ---- a file that the user asks for ---- */

int recorder_begin_file(struct recorder *recorder, const char *path, bool replace,
                        struct error *error)
{
    if (recorder_flush(recorder, error) ||
        recording_copy(recorder->recording, path, replace, recorder->setup.limit_bytes, error))
        return -1;
    recorder->file = mem_strdup(path);
    return 0;
}

const char *recorder_file(const struct recorder *recorder)
{
    return recorder ? recorder->file : NULL;
}

int recorder_end_file(struct recorder *recorder, struct recording_size *size, struct error *error)
{
    uint64_t now_ns = clock_monotonic_ns();
    add_worker(recorder, now_ns, true);
    add_event(recorder, now_ns);
    free(recorder->file);
    recorder->file = NULL;
    if (recorder->recording)
        return recording_copy_end(recorder->recording, recorder->zero_ns + now_ns, size, error);
    *error = recorder->error; /* it has failed just now, and has closed the other one, too */
    return -1;
}

void recorder_mark(struct recorder *recorder, const struct invocation *invocation)
{
    if (recorder && recorder->recording)
        recording_mark(recorder->recording, clock_monotonic_ns(), invocation->serial);
}

/* ---- the end ---- */

static void say_place(const struct recorder *recorder, const char *path)
{
    if (!path || recorder->has_failed || recorder->setup.quiet)
        return;
    char *clean = series_file_clean(path);
    fprintf(stderr, "pymemtop: the recording is in %s\n", clean);
    free(clean);
}

static void on_closed(uv_handle_t *handle)
{
    struct recorder *recorder = handle->data;
    if (--recorder->open > 0)
        return;
    free(recorder->path);
    free(recorder->file);
    free(recorder);
}

void recorder_stop(struct recorder *recorder)
{
    if (!recorder)
        return;
    uint64_t now_ns = clock_monotonic_ns();
    add_worker(recorder, now_ns, true);
    add_event(recorder, now_ns);
    struct recording *recording = recorder->recording;
    recorder->recording = NULL;
    if (recording && recording_close(recording, recorder->zero_ns + now_ns, &recorder->error))
        recorder->has_failed = true;
    say_failure(recorder);
    temporary_close(&recorder->held);
    say_place(recorder, recorder->is_held ? NULL : recorder->path);
    say_place(recorder, recorder->file);
    uv_close((uv_handle_t *)&recorder->timer, on_closed);
    uv_close((uv_handle_t *)&recorder->event_timer, on_closed);
    uv_close((uv_handle_t *)&recorder->before_wait, on_closed);
}
