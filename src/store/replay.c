/*
 * The way to an event begins at the latest key frame before it, or, where that is no further, at
 * the event that is current; from there each change is applied in turn. Going back by one event is
 * going to it from its key frame, which is never far (see recording_events.c).
 *
 * At a moment the model is made of those of the events around it: that of the one before is the
 * current one, that of the one after is kept ahead. Where one has come backward it is there
 * already, and going forward over the last moment makes it the current one.
 *
 * A way is gone on a model of its own where it begins at a key frame, so that the current one is
 * still there when the file turns out to be damaged. Where it begins at the current one and fails,
 * the current event is sought anew.
 */
#include "config.h"
#include "store/replay.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/between.h"
#include "store/change.h"
#include "store/holders_read.h"
#include "store/recording.h"
#include "store/recording_open.h"

enum {
    TEXT_BYTES_MAX = 16 << 20,
    COMMAND_BYTES_MAX = 4096,
    MOMENTS_BYTES_MAX = 64 << 20,
    PACKAGES_MAX = 10000,
    PACKAGE_BYTES_MAX = 256,
    LINES_BYTES_MAX = 4 << 20,
};

enum query {
    GET_CHANGES,
    GET_KEYFRAME,
    GET_EVENT,
    GET_TEXT,
    GET_LINES,
    GET_OUTPUT,
    GET_SAMPLES,
    GET_NEXT,
    GET_MOMENTS,
    QUERIES
};

static const char *const queries[QUERIES] = {
    [GET_CHANGES] =
        "SELECT event, change FROM events WHERE event > ? AND event <= ? ORDER BY event",
    [GET_KEYFRAME] =
        "SELECT event, state FROM keyframes WHERE event <= ? ORDER BY event DESC LIMIT 1",
    [GET_LINES] = "SELECT lines FROM ended_lines WHERE number = ?",
    [GET_EVENT] = "SELECT event, time_ns FROM events WHERE event <= ? ORDER BY event DESC LIMIT 1",
    [GET_NEXT] = "SELECT event, time_ns FROM events WHERE event > ? ORDER BY event LIMIT 1",
    [GET_MOMENTS] = "SELECT time_ns, rss_bytes, samples FROM event_samples WHERE event = ? AND "
                    "EXISTS (SELECT 1 "
                    "FROM events WHERE event = ?1 - 1)",
    [GET_TEXT] = "SELECT text FROM files WHERE file = ?",
    [GET_OUTPUT] = "SELECT time_ns, invocation, source, level, text FROM output_lines WHERE number "
                   "> ? AND number <= ? ORDER BY number LIMIT ?",
    [GET_SAMPLES] = "SELECT rowid, time_ns, rss_bytes FROM samples WHERE rowid > ? AND pid = 0 "
                    "ORDER BY rowid LIMIT ?",
};

struct replay {
    sqlite3 *db;
    sqlite3_stmt *statements[QUERIES];
    char *path;
    char *command;
    struct packages packages;
    struct holders_reader holders;
    bool is_held;
    bool has_only; /* of invocations that are over none but this one needs its lines */
    uint64_t only;
    uint64_t zero_ns;
    uint64_t event;   /* the current one; 0 before there is any */
    uint64_t time_ns; /* its time */
    struct change_state state;

    uint64_t moment;        /* the current one after it; 0: at the event */
    struct between *shown;  /* owned; the model there; NULL at an event */
    uint64_t next;          /* the event after the moments; 0: `moments` are not read */
    struct moments moments; /* between the current event and that one */
    uint64_t ahead_event;   /* 0: there is none */
    struct change_state ahead;
    struct moments last; /* of replay_moment() at an event */
};

static int fail(const struct replay *replay, struct error *error)
{
    return recording_db_fail(replay->db, "read", replay->path, error);
}

static int damaged(const struct replay *replay, uint64_t event, struct error *error)
{
    return error_set(error, EXIT_STATUS_APP, "the recording %s is damaged at event %" PRIu64,
                     replay->path, event);
}

/* ---- what is kept beside the changes ---- */

static void take_text(void *context, uint32_t index, struct file *file)
{
    const struct replay *replay = context;
    sqlite3_stmt *row = replay->statements[GET_TEXT];
    struct span text;
    sqlite3_bind_int64(row, 1, index);
    if (sqlite3_step(row) == SQLITE_ROW && recording_db_bytes(row, 0, TEXT_BYTES_MAX, &text))
        file_set_text(file, text.at, text.len); /* lines past the maximum are not shown */
    sqlite3_reset(row);
}

/* The invocation that has the lines of that number, of those that are there already; or NULL. */
static const struct invocation *find_lines(const struct model *model, uint64_t serial,
                                           uint64_t number)
{
    const struct invocation *known = invocations_of_serial(&model->invocations, serial);
    return known && known->lines_number == number && known->line_count > 0 ? known : NULL;
}

static void copy_lines(struct invocation *invocation, const struct invocation *from)
{
    invocation->lines = mem_resize(invocation->lines, from->line_count, sizeof *invocation->lines);
    memcpy(invocation->lines, from->lines, from->line_count * sizeof *invocation->lines);
    invocation->line_count = invocation->line_capacity = from->line_count;
    invocation->line_revision++;
}

static void read_lines(const struct replay *replay, uint64_t number, struct invocation *invocation)
{
    sqlite3_stmt *row = replay->statements[GET_LINES];
    struct span bytes;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)number);
    if (sqlite3_step(row) == SQLITE_ROW && recording_db_bytes(row, 0, LINES_BYTES_MAX, &bytes))
        change_read_lines(invocation, bytes);
    sqlite3_reset(row);
}

/* The lines of the invocations that are over, which are the same at every event: near by they are
 * known. Not before the end of a way, since on the way some come and go. */
static void take_lines(const struct replay *replay, struct change_state *state)
{
    const struct invocations *set = &state->model->invocations;
    for (size_t i = 0; i < set->count; i++) {
        struct invocation *invocation = set->kept[i];
        uint64_t number = invocation->lines_number;
        if (number == 0 || invocation->line_count > 0 ||
            (replay->has_only && invocation->serial != replay->only))
            continue;
        const struct invocation *from = find_lines(replay->state.model, invocation->serial, number);
        if (!from && replay->ahead_event)
            from = find_lines(replay->ahead.model, invocation->serial, number);
        if (from)
            copy_lines(invocation, from);
        else
            read_lines(replay, number, invocation);
        change_check_lines(state, invocation);
        if (invocation->line_count == 0)
            invocation->lines_number = 0; /* they were thinned */
    }
}

static void take_output_line(struct output *output, sqlite3_stmt *row)
{
    struct span text;
    int64_t source = sqlite3_column_int64(row, 2), level = sqlite3_column_int64(row, 3);
    bool is_known = sqlite3_column_type(row, 1) == SQLITE_INTEGER;
    if (!recording_db_bytes(row, 4, OUTPUT_LINE_BYTES, &text) || memchr(text.at, '\0', text.len) ||
        source < 0 || source > OUTPUT_LOG || level < 0 || level > LEVEL_CRITICAL)
        return;
    char *copy = mem_strndup(text.at, text.len);
    const struct output_line line = {
        .realtime_ns = (uint64_t)sqlite3_column_int64(row, 0),
        .invocation = is_known ? (uint64_t)sqlite3_column_int64(row, 1) : OUTPUT_NO_INVOCATION,
        .source = (enum output_source)source,
        .level = (enum output_level)level,
        .text = copy,
    };
    output_append(output, &line);
    free(copy);
}

/* The lines of output that have come since. */
static int take_output(const struct replay *replay, struct change_state *state, struct error *error)
{
    struct output *output = &state->model->output;
    sqlite3_stmt *row = replay->statements[GET_OUTPUT];
    uint64_t total = state->output_total, from = output->total;
    int result;
    if (total < from || total > INT64_MAX)
        return damaged(replay, replay->event, error);
    if (total - from > OUTPUT_LINES)
        from = total - OUTPUT_LINES;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)from);
    sqlite3_bind_int64(row, 2, (sqlite3_int64)total);
    sqlite3_bind_int64(row, 3, OUTPUT_LINES);
    while ((result = sqlite3_step(row)) == SQLITE_ROW)
        take_output_line(output, row);
    sqlite3_reset(row);
    output->total = total;
    return result == SQLITE_DONE ? 0 : fail(replay, error);
}

/* ---- the way to an event ---- */

/* The latest event up to `event`: its number, 0 where there is none, and its time. */
static int find_event(struct replay *replay, uint64_t event, uint64_t *found, uint64_t *time_ns,
                      struct error *error)
{
    sqlite3_stmt *row = replay->statements[GET_EVENT];
    sqlite3_bind_int64(row, 1, event > INT64_MAX ? INT64_MAX : (sqlite3_int64)event);
    int result = sqlite3_step(row);
    *found = *time_ns = 0;
    if (result == SQLITE_ROW && sqlite3_column_int64(row, 0) > 0) {
        *found = (uint64_t)sqlite3_column_int64(row, 0);
        *time_ns = (uint64_t)sqlite3_column_int64(row, 1);
    }
    sqlite3_reset(row);
    return result == SQLITE_ROW || result == SQLITE_DONE ? 0 : fail(replay, error);
}

static int read_change(struct replay *replay, struct change_state *state, sqlite3_stmt *row,
                       uint64_t event, struct error *error)
{
    const struct change_source source = {replay, take_text};
    struct span bytes;
    if (sqlite3_column_type(row, 1) != SQLITE_BLOB ||
        !recording_db_bytes(row, 1, CHANGE_BYTES_MAX, &bytes) || change_read(state, bytes, &source))
        return damaged(replay, event, error);
    return 0;
}

/* The latest key frame up to `event` into `state`, where that is later than `after`; *at is where
 * it was, or 0. */
static int read_keyframe(struct replay *replay, struct change_state *state, uint64_t event,
                         uint64_t after, uint64_t *at, struct error *error)
{
    sqlite3_stmt *row = replay->statements[GET_KEYFRAME];
    sqlite3_bind_int64(row, 1, (sqlite3_int64)event);
    int result = sqlite3_step(row), failed = 0;
    *at = 0;
    if (result == SQLITE_ROW && sqlite3_column_int64(row, 0) > (sqlite3_int64)after) {
        *at = (uint64_t)sqlite3_column_int64(row, 0);
        failed = read_change(replay, state, row, *at, error);
    } else if (result != SQLITE_ROW && result != SQLITE_DONE) {
        failed = fail(replay, error);
    }
    sqlite3_reset(row);
    return failed;
}

/* Apply the changes after `from`, up to `event`. */
static int read_changes(struct replay *replay, struct change_state *state, uint64_t from,
                        uint64_t event, struct error *error)
{
    sqlite3_stmt *row = replay->statements[GET_CHANGES];
    int result, failed = 0;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)from);
    sqlite3_bind_int64(row, 2, (sqlite3_int64)event);
    while (!failed && (result = sqlite3_step(row)) == SQLITE_ROW) {
        uint64_t next = (uint64_t)sqlite3_column_int64(row, 0);
        failed = next == from + 1 ? read_change(replay, state, row, next, error)
                                  : damaged(replay, from + 1, error);
        from = next;
    }
    if (!failed && result != SQLITE_DONE)
        failed = fail(replay, error);
    sqlite3_reset(row);
    return failed || from == event ? failed : damaged(replay, event, error);
}

/* Make the state of an event that there is. Where that fails it is none. */
static int read_state(struct replay *replay, uint64_t event, struct change_state *state,
                      struct error *error)
{
    uint64_t keyframe;
    change_state_init(state);
    int result = read_keyframe(replay, state, event, 0, &keyframe, error);
    if (!result && keyframe == 0)
        result = damaged(replay, event, error);
    if (!result)
        result = read_changes(replay, state, keyframe, event, error);
    if (!result)
        result = take_output(replay, state, error);
    if (!result)
        take_lines(replay, state);
    if (result)
        change_state_fini(state);
    return result;
}

static void drop_ahead(struct replay *replay)
{
    if (replay->ahead_event)
        change_state_fini(&replay->ahead);
    replay->ahead_event = 0;
}

/* Go to an event that there is, on a state of its own. What was current is kept ahead, where it is
 * the next one. */
static int go_anew(struct replay *replay, uint64_t event, struct error *error)
{
    struct change_state state;
    if (read_state(replay, event, &state, error))
        return -1;
    drop_ahead(replay);
    if (replay->event == event + 1) {
        replay->ahead = replay->state;
        replay->ahead_event = replay->event;
    } else {
        change_state_fini(&replay->state);
    }
    replay->state = state;
    return 0;
}

/* Go on from the current event. Where that fails, there is no current state any more. */
static int go_on(struct replay *replay, uint64_t event, struct error *error)
{
    struct error ignored;
    int result = read_changes(replay, &replay->state, replay->event, event, error);
    if (!result)
        result = take_output(replay, &replay->state, error);
    if (!result)
        take_lines(replay, &replay->state);
    if (result && go_anew(replay, replay->event, &ignored)) {
        change_state_fini(&replay->state);
        change_state_init(&replay->state);
    }
    return result;
}

/* Is a key frame later than the current event on the way to that one? */
static bool has_later_keyframe(struct replay *replay, uint64_t event)
{
    sqlite3_stmt *row = replay->statements[GET_KEYFRAME];
    sqlite3_bind_int64(row, 1, (sqlite3_int64)event);
    bool is_later = sqlite3_step(row) == SQLITE_ROW &&
                    sqlite3_column_int64(row, 0) > (sqlite3_int64)replay->event;
    sqlite3_reset(row);
    return is_later;
}

/* No moment is current. What is known of those after the event stays. */
static void leave_moment(struct replay *replay)
{
    between_free(replay->shown);
    replay->shown = NULL;
    replay->moment = 0;
}

/* The event that is ahead is current now. */
static void take_ahead(struct replay *replay)
{
    change_state_fini(&replay->state);
    replay->state = replay->ahead;
    replay->ahead_event = 0;
}

static int go(struct replay *replay, uint64_t event, uint64_t time_ns, struct error *error)
{
    bool is_ahead = replay->event > 0 && event > replay->event;
    int result = 0;
    leave_moment(replay);
    replay->next = event == replay->event ? replay->next : 0;
    /* The next one has a change, as a rule, which is shorter than its key frame. */
    if (event == replay->ahead_event)
        take_ahead(replay);
    else if (is_ahead && (event == replay->event + 1 || !has_later_keyframe(replay, event)))
        result = go_on(replay, event, error);
    else if (event != replay->event)
        result = go_anew(replay, event, error);
    if (result)
        return result;
    if (replay->ahead_event != event + 1)
        drop_ahead(replay);
    replay->event = event;
    replay->time_ns = time_ns;
    holders_reader_take(&replay->holders, event, replay->state.model);
    moments_clear(&replay->last);
    return 0;
}

static int seek(struct replay *replay, uint64_t event, struct error *error)
{
    uint64_t found, time_ns;
    if (find_event(replay, event, &found, &time_ns, error))
        return -1;
    if (found == 0 && find_event(replay, replay_first(replay), &found, &time_ns, error))
        return -1;
    if (found == 0)
        return error_set(error, EXIT_STATUS_APP, "%s has no events to replay", replay->path);
    return go(replay, found, time_ns, error);
}

int replay_hold(struct replay *replay, struct error *error)
{
    if (!replay->is_held && sqlite3_exec(replay->db, "BEGIN", NULL, NULL, NULL))
        return fail(replay, error);
    replay->is_held = true;
    return 0;
}

void replay_release(struct replay *replay)
{
    if (replay->is_held)
        sqlite3_exec(replay->db, "COMMIT", NULL, NULL, NULL);
    replay->is_held = false;
}

/* Within a transaction, so that nobody thins the way while it is gone. */
int replay_seek(struct replay *replay, uint64_t event, struct error *error)
{
    bool was_held = replay->is_held;
    if (replay_hold(replay, error))
        return -1;
    int result = seek(replay, event, error);
    if (!was_held)
        replay_release(replay);
    return result;
}

/* The event after the current one, or before it; 0 where there is none. */
static uint64_t find_neighbour(struct replay *replay, bool forward, uint64_t *time_ns)
{
    sqlite3_stmt *row = replay->statements[forward ? GET_NEXT : GET_EVENT];
    uint64_t event = 0;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)(forward ? replay->event : replay->event - 1));
    if (sqlite3_step(row) == SQLITE_ROW && sqlite3_column_int64(row, 0) > 0) {
        event = (uint64_t)sqlite3_column_int64(row, 0);
        *time_ns = (uint64_t)sqlite3_column_int64(row, 1);
    }
    sqlite3_reset(row);
    return event;
}

int replay_step(struct replay *replay, bool forward, struct error *error)
{
    bool was_held = replay->is_held;
    uint64_t time_ns = 0;
    if (!forward && replay->moment) {
        leave_moment(replay);
        return 1;
    }
    if (replay_hold(replay, error))
        return -1;
    uint64_t next = find_neighbour(replay, forward, &time_ns);
    int result = next ? go(replay, next, time_ns, error) : 0;
    if (!was_held)
        replay_release(replay);
    return result ? -1 : next > 0;
}

/* ---- between events ---- */

/* A time of the file by the model's clock. */
static uint64_t model_time(const struct replay *replay, uint64_t realtime_ns)
{
    return realtime_ns > replay->zero_ns ? realtime_ns - replay->zero_ns : 0;
}

int replay_read_moments(struct replay *replay, uint64_t event, struct moments *moments,
                        struct error *error)
{
    sqlite3_stmt *row = replay->statements[GET_MOMENTS];
    struct span text;
    moments_clear(moments);
    sqlite3_bind_int64(row, 1, (sqlite3_int64)event);
    int result = sqlite3_step(row), failed = 0;
    if (result == SQLITE_ROW)
        failed =
            !recording_db_bytes(row, 2, MOMENTS_BYTES_MAX, &text) ||
            moments_read(moments, text, model_time(replay, (uint64_t)sqlite3_column_int64(row, 0)),
                         sqlite3_column_int64(row, 1));
    sqlite3_reset(row);
    if (failed)
        return damaged(replay, event, error);
    return result == SQLITE_ROW || result == SQLITE_DONE ? 0 : fail(replay, error);
}

/* Read the moments after the current event, where they are not known yet. */
static int read_next(struct replay *replay, struct error *error)
{
    uint64_t time_ns, next = find_neighbour(replay, true, &time_ns);
    if (next == replay->next)
        return 0;
    if (replay_read_moments(replay, next, &replay->moments, error))
        return -1;
    replay->next = next;
    return 0;
}

/* How many moments after the current event are places of their own. */
static size_t places(const struct replay *replay)
{
    return replay->next && replay->moments.count > 0 ? replay->moments.count - 1 : 0;
}

/* Make a moment current that is a place. */
static int go_to_moment(struct replay *replay, size_t moment, struct error *error)
{
    if (replay->ahead_event != replay->next) {
        drop_ahead(replay);
        if (read_state(replay, replay->next, &replay->ahead, error))
            return -1;
        replay->ahead_event = replay->next;
    }
    leave_moment(replay);
    replay->shown = between_new(replay->state.model, replay->ahead.model, &replay->moments, moment);
    replay->moment = moment;
    return 0;
}

/* To that moment after the current event, or to the last one where there are not so many. */
static int go_on_to(struct replay *replay, uint64_t moment, struct error *error)
{
    if (read_next(replay, error))
        return -1;
    size_t most = places(replay);
    if (moment > most)
        moment = most;
    return moment ? go_to_moment(replay, (size_t)moment, error) : 0;
}

int replay_go(struct replay *replay, struct replay_place place, struct error *error)
{
    bool was_held = replay->is_held;
    if (replay_hold(replay, error))
        return -1;
    int result = seek(replay, place.event, error);
    if (!result && place.moment && replay->event == place.event)
        result = go_on_to(replay, place.moment, error);
    if (!was_held)
        replay_release(replay);
    return result;
}

/* Back to the event before, and to the last of the moments after that. */
static int step_back(struct replay *replay, struct error *error)
{
    int result = replay_step(replay, false, error);
    return result > 0 && go_on_to(replay, UINT64_MAX, error) ? -1 : result;
}

static int step_moment(struct replay *replay, bool forward, struct error *error)
{
    uint64_t moment = replay->moment;
    if (!forward && moment == 0)
        return step_back(replay, error);
    if (!forward && moment == 1)
        return replay_step(replay, false, error);
    if (read_next(replay, error))
        return -1;
    if (forward && moment == places(replay))
        return replay_step(replay, true, error);
    return go_to_moment(replay, (size_t)(forward ? moment + 1 : moment - 1), error) ? -1 : 1;
}

int replay_step_moment(struct replay *replay, bool forward, struct error *error)
{
    bool was_held = replay->is_held;
    if (replay_hold(replay, error))
        return -1;
    int result = step_moment(replay, forward, error);
    if (!was_held)
        replay_release(replay);
    return result;
}

const struct moment *replay_moment(struct replay *replay)
{
    struct error ignored;
    if (replay->moment)
        return &replay->moments.items[replay->moment - 1];
    if (replay->last.count == 0 &&
        replay_read_moments(replay, replay->event, &replay->last, &ignored))
        return NULL;
    return replay->last.count ? &replay->last.items[replay->last.count - 1] : NULL;
}

size_t replay_moment_count(const struct replay *replay)
{
    return replay->moment ? replay->moments.count : 0;
}

struct replay_place replay_place(const struct replay *replay)
{
    return (struct replay_place){replay->event, replay->moment};
}

/* ---- what there is ---- */

static uint64_t natural(struct replay *replay, const char *query)
{
    int64_t number = recording_db_number(replay->db, query);
    return number > 0 ? (uint64_t)number : 0;
}

uint64_t replay_first(struct replay *replay)
{
    return natural(replay, "SELECT min(event) FROM events");
}

uint64_t replay_last(struct replay *replay)
{
    return natural(replay, "SELECT max(event) FROM events");
}

uint64_t replay_event_at(struct replay *replay, uint64_t realtime_ns)
{
    uint64_t low = replay_first(replay), high = replay_last(replay), best = low;
    struct error ignored;
    /* Times rise with the events; of gaps the event before is looked at. */
    while (low <= high && low > 0) {
        uint64_t middle = low + (high - low) / 2, found, time_ns;
        if (find_event(replay, middle, &found, &time_ns, &ignored))
            break;
        if (time_ns <= realtime_ns) {
            best = found > best ? found : best;
            low = middle + 1;
        } else {
            high = middle - 1;
        }
    }
    return best;
}

uint64_t replay_time_of(struct replay *replay, uint64_t event)
{
    uint64_t found, time_ns;
    struct error ignored;
    return find_event(replay, event, &found, &time_ns, &ignored) ? 0 : time_ns;
}

uint64_t replay_event_from(struct replay *replay, uint64_t realtime_ns)
{
    uint64_t event = replay_event_at(replay, realtime_ns);
    if (event == 0 || replay_time_of(replay, event) >= realtime_ns)
        return event;
    char *query = mem_printf("SELECT min(event) FROM events WHERE event > %" PRIu64, event);
    uint64_t next = natural(replay, query);
    free(query);
    return next ? next : event;
}

uint64_t replay_marker(struct replay *replay, uint64_t event, bool forward)
{
    char *query = mem_printf(forward ? "SELECT min(event) FROM markers WHERE event > %" PRIu64
                                     : "SELECT max(event) FROM markers WHERE event < %" PRIu64,
                             event);
    uint64_t marker = natural(replay, query);
    free(query);
    return marker;
}

uint64_t replay_keyframe_before(struct replay *replay, uint64_t event)
{
    char *query = mem_printf("SELECT max(event) FROM keyframes WHERE event < %" PRIu64,
                             event > INT64_MAX ? (uint64_t)INT64_MAX : event);
    uint64_t keyframe = natural(replay, query);
    free(query);
    return keyframe;
}

int64_t replay_read_samples(struct replay *replay, int64_t row, int64_t rows, replay_sample *take,
                            void *context, struct error *error)
{
    sqlite3_stmt *statement = replay->statements[GET_SAMPLES];
    int64_t count = 0;
    int result;
    sqlite3_bind_int64(statement, 1, row);
    sqlite3_bind_int64(statement, 2, rows);
    for (; (result = sqlite3_step(statement)) == SQLITE_ROW; count++) {
        uint64_t time_ns = (uint64_t)sqlite3_column_int64(statement, 1);
        take(context, sqlite3_column_int64(statement, 0),
             time_ns > replay->zero_ns ? time_ns - replay->zero_ns : 0,
             sqlite3_column_int64(statement, 2));
    }
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? count : fail(replay, error);
}

void replay_only_lines(struct replay *replay, uint64_t serial)
{
    replay->has_only = true;
    replay->only = serial;
    take_lines(replay, &replay->state);
}

struct model *replay_model(const struct replay *replay)
{
    return replay->shown ? between_model(replay->shown) : replay->state.model;
}

uint64_t replay_event(const struct replay *replay)
{
    return replay->event;
}

/* What was read from the worker just before an event may be told after it. */
uint64_t replay_realtime_ns(const struct replay *replay)
{
    uint64_t moment_ns =
        replay->moment ? replay->zero_ns + replay->moments.items[replay->moment - 1].time_ns : 0;
    return moment_ns > replay->time_ns ? moment_ns : replay->time_ns;
}

uint64_t replay_monotonic_ns(const struct replay *replay)
{
    return model_time(replay, replay_realtime_ns(replay));
}

const char *replay_command(const struct replay *replay)
{
    return replay->command;
}

const struct packages *replay_packages(const struct replay *replay)
{
    return &replay->packages;
}

/* ---- open and close ---- */

static void add_package(struct packages *packages, struct span name, struct span version)
{
    char *own_name = mem_strndup(name.at, name.len);
    char *own_version = mem_strndup(version.at, version.len);
    packages_add(packages, own_name, own_version);
    free(own_name);
    free(own_version);
}

/* Where there is no such table nothing is known of them, and nothing else is missing. */
static void read_packages(struct replay *replay)
{
    sqlite3_stmt *row = NULL;
    struct span name, version;
    if (sqlite3_prepare_v2(replay->db, "SELECT name, version FROM packages ORDER BY name LIMIT ?",
                           -1, &row, NULL) == SQLITE_OK) {
        sqlite3_bind_int64(row, 1, PACKAGES_MAX);
        while (sqlite3_step(row) == SQLITE_ROW)
            if (recording_db_bytes(row, 0, PACKAGE_BYTES_MAX, &name) &&
                recording_db_bytes(row, 1, PACKAGE_BYTES_MAX, &version))
                add_package(&replay->packages, name, version);
    }
    sqlite3_finalize(row);
}

static char *read_command(sqlite3 *db)
{
    sqlite3_stmt *row = NULL;
    struct span text = {"", 0};
    char *command = NULL;
    if (sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key = 'command'", -1, &row, NULL) ==
            SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW && recording_db_bytes(row, 0, COMMAND_BYTES_MAX, &text))
        command = mem_strndup(text.at, text.len);
    sqlite3_finalize(row);
    return command ? command : mem_strdup("");
}

static int open_database(struct replay *replay, struct error *error)
{
    int64_t version;
    if (recording_db_open(replay->path, &replay->db, &version, error))
        return -1;
    if (version < RECORDING_REPLAYED)
        return error_set(error, EXIT_STATUS_APP,
                         "%s is of version %" PRId64
                         " of recordings, and version %d or later is replayed: "
                         "record it anew; pymemtop plot, list and peak read it as it is",
                         replay->path, version, RECORDING_REPLAYED);
    if (recording_db_number(replay->db,
                            "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN "
                            "('events', 'keyframes', 'files', 'output_lines', 'samples', "
                            "'event_samples', 'ended_lines')") != 7)
        return error_set(error, EXIT_STATUS_APP, "%s is no recording of pymemtop", replay->path);
    sqlite3_limit(replay->db, SQLITE_LIMIT_LENGTH, CHANGE_BYTES_MAX);
    for (size_t i = 0; i < QUERIES; i++)
        if (sqlite3_prepare_v2(replay->db, queries[i], -1, &replay->statements[i], NULL))
            return fail(replay, error);
    replay->zero_ns = natural(replay, "SELECT value FROM meta WHERE key = 'zero_ns'");
    replay->command = read_command(replay->db);
    read_packages(replay);
    holders_reader_init(&replay->holders, replay->db);
    return replay_seek(replay, replay_first(replay), error);
}

struct replay *replay_open(const char *path, struct error *error)
{
    struct replay *replay = mem_calloc(1, sizeof *replay);
    replay->path = mem_strdup(path);
    change_state_init(&replay->state);
    if (open_database(replay, error) == 0)
        return replay;
    replay_close(replay);
    return NULL;
}

void replay_close(struct replay *replay)
{
    if (!replay)
        return;
    for (size_t i = 0; i < QUERIES; i++)
        sqlite3_finalize(replay->statements[i]);
    holders_reader_fini(&replay->holders);
    sqlite3_close(replay->db);
    leave_moment(replay);
    drop_ahead(replay);
    moments_fini(&replay->moments);
    moments_fini(&replay->last);
    change_state_fini(&replay->state);
    packages_fini(&replay->packages);
    free(replay->command);
    free(replay->path);
    free(replay);
}
