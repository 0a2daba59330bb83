/*
 * Where one is, is the event of `replay`, whose model the screen has. The finder reads the file on
 * its own, so that the screen stands still while it searches; it goes on in slices from an idle
 * handle, after a first one within the key.
 */
#include "config.h"
#include "host/player.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "host/player_match.h"
#include "host/recording_file.h"
#include "store/curve.h"
#include "store/finder.h"
#include "store/replay.h"

enum {
    TICK_MS = 250,
    PEAK_SHARE = 16,
    PEAK_BYTES_LEAST = 64 << 10,
    STEPS_TO_BEGIN = 8,
    END_STEPS = 64,
    ROWS_A_SLICE = 20000
};
#define SLICE_NS (10 * NS_PER_MS)

struct player {
    struct player_setup setup;
    struct ui *ui;         /* the screen's */
    char *path;            /* owned */
    struct replay *replay; /* owned; NULL while what is live is shown */
    struct finder *finder; /* owned; NULL before the first search */
    struct player_match match;
    struct curve curve;
    uint64_t peaks[TIMELINE_POINTS]; /* of it; the model's clock */
    size_t peak_count;
    char *chosen;          /* owned or NULL: the function that was selected meanwhile */
    bool was_end;          /* the last event there was is shown */
    uint64_t ended_before; /* invocations, when what was live was left, */
    enum view_id view;     /* and what was shown of it */
    bool one_open;
    uint64_t one;
    uv_idle_t slices; /* of a search */
    uv_idle_t rows;   /* of the curve */
    uv_timer_t tick;
};

static uint64_t count_ended(const struct model *model)
{
    return model->invocations.total - model->invocations.running;
}

/* ---- memory over time ---- */

/* A recording without samples has what the model of an event knows. */
static void set_curve(struct player *player)
{
    const struct timeline *timeline = &player->curve.timeline;
    player->ui->replay.curve = timeline->count ? timeline : &replay_model(player->replay)->timeline;
}

static void find_peaks(struct player *player)
{
    const struct timeline *timeline = player->ui->replay.curve;
    int64_t least = INT64_MAX, most = 0, rise = PEAK_BYTES_LEAST;
    for (size_t i = 0; i < timeline->count; i++) {
        int64_t bytes = timeline->points[i].rss_bytes;
        least = bytes < least ? bytes : least;
        most = bytes > most ? bytes : most;
    }
    if (most > least && (most - least) / PEAK_SHARE > rise)
        rise = (most - least) / PEAK_SHARE;
    player->peak_count = timeline_peaks(timeline, rise, player->peaks);
}

/* As much as can be read without anybody waiting for it; true where that is all. */
static bool read_curve(struct player *player)
{
    struct error ignored;
    int64_t rows = curve_read(&player->curve, player->replay, ROWS_A_SLICE, &ignored);
    set_curve(player);
    player->ui->dirty = true;
    return rows < ROWS_A_SLICE;
}

static void on_rows(uv_idle_t *handle)
{
    struct player *player = handle->data;
    if (read_curve(player))
        uv_idle_stop(handle);
}

/* There may be more samples than before, while the recording is written. */
static void update_curve(struct player *player)
{
    if (!read_curve(player))
        uv_idle_start(&player->rows, on_rows);
}

/* ---- where one is ---- */

/* What came last before the current place. */
static struct replay_change change_of(const struct model *model, const struct moment *moment)
{
    const struct invocation *invocation =
        moment && moment->serial ? invocations_of_serial(&model->invocations, moment->serial)
                                 : NULL;
    struct replay_change change = {
        .kind = CHANGE_NONE,
        .number = invocation ? invocation->number : 0,
        .is_known = invocation != NULL,
    };
    if (!moment)
        return change;
    switch (moment->kind) {
    case MOMENT_BEGIN: change.kind = CHANGE_BEGIN; break;
    case MOMENT_END: change.kind = CHANGE_END; break;
    case MOMENT_SAMPLE: change.kind = CHANGE_RSS; break;
    }
    change.delta_bytes = moment->delta_bytes;
    change.line = moment->line;
    return change;
}

/* The model of the current event, which is a new one, is shown. */
static void arrive(struct player *player)
{
    struct replay *replay = player->replay;
    struct model *model = replay_model(replay);
    uint64_t first = replay_first(replay), last = replay_last(replay);
    const struct moment *moment = replay_moment(replay);
    const struct replay_place place = replay_place(replay);
    const struct replay_at at = {
        .event = place.event,
        .moment = place.moment,
        .moments = replay_moment_count(replay),
        .change = change_of(model, moment),
        .first_event = first,
        .last_event = last,
        .time_ns = replay_realtime_ns(replay),
        .begin_ns = replay_time_of(replay, first),
        .end_ns = replay_time_of(replay, last),
        .now_ns = replay_monotonic_ns(replay),
    };
    player->was_end = at.event >= last;
    if (player->chosen)
        model_select(model, player->chosen);
    set_curve(player);
    screen_show(player->setup.screen, model);
    replay_arrive(player->ui, model, &at);
}

/* False where it could not be gone to, which is said. */
static bool go_to(struct player *player, struct replay_place place)
{
    struct error error;
    /* Even one that fails may have made the model anew. */
    int result = replay_go(player->replay, place, &error);
    arrive(player);
    if (result)
        ui_say(player->ui, STYLE_ERROR, "%s", error.text);
    return result == 0;
}

static bool seek(struct player *player, uint64_t event)
{
    return go_to(player, (struct replay_place){event, 0});
}

static void say_live(struct player *player)
{
    const struct model *live = player->setup.live;
    struct ui_replay *state = &player->ui->replay;
    char word[REPLAY_WORD_SIZE];
    uint64_t ended = count_ended(live) - player->ended_before;
    if (live->stop.is_stopped)
        snprintf(word, sizeof word, "REPLAY, the app is paused");
    else if (live->worker == WORKER_DEAD)
        snprintf(word, sizeof word, "REPLAY, the worker has died");
    else if (ended)
        snprintf(word, sizeof word, "REPLAY, %" PRIu64 " more since", ended);
    else
        snprintf(word, sizeof word, "REPLAY");
    if (strcmp(word, state->word) == 0)
        return;
    memcpy(state->word, word, sizeof word);
    player->ui->dirty = true;
}

static void on_tick(uv_timer_t *timer)
{
    struct player *player = timer->data;
    if (player->replay)
        say_live(player);
}

/* A host that ends stops its worker, which is recorded, too. What there was to see comes before;
 * a worker that ended otherwise is what there was to see. */
static void skip_end(struct player *player)
{
    struct error ignored;
    uint64_t deaths = replay_model(player->replay)->worker_deaths;
    int steps = 0;
    while (steps < END_STEPS && !player->setup.live &&
           replay_model(player->replay)->worker == WORKER_DEAD &&
           replay_step(player->replay, false, &ignored) > 0)
        steps++;
    if (replay_model(player->replay)->worker_deaths == deaths)
        return;
    while (steps > 0 && replay_step(player->replay, true, &ignored) > 0)
        steps--;
}

/* The source of the function that it was about, where nobody has looked at anything yet. */
static void show_first(struct player *player)
{
    const struct model *model = replay_model(player->replay);
    const struct model_function *function = model_selected(model);
    long file = function ? model_find_file(model, function->script) : -1;
    if (player->setup.live || !model_has_selection(model) || file < 0)
        return;
    ui_show_line(player->ui, model, (uint32_t)file, function->line ? function->line : 1);
    player->ui->file_chosen = true;
    replay_forget_visits(player->ui);
    ui_sync(player->ui, model);
}

int player_open(struct player *player, const char *path, struct error *error)
{
    struct ui *ui = player->ui;
    struct replay *replay = recording_file_open(path, error);
    if (!replay)
        return -1;
    free(player->path);
    player->path = mem_strdup(path);
    player->replay = replay;
    player->curve = (struct curve){.row = 0};
    player->view = ui->view;
    player->one_open = ui->one_open;
    player->one = ui->one;
    replay_enter(ui, player->setup.live != NULL);
    if (player->setup.live) {
        player->ended_before = count_ended(player->setup.live);
        uv_timer_start(&player->tick, on_tick, TICK_MS, TICK_MS);
    }
    skip_end(player);
    arrive(player);
    show_first(player);
    update_curve(player);
    return 0;
}

static void stop_search(struct player *player)
{
    uv_idle_stop(&player->slices);
    player->ui->replay.is_searching = false;
}

static void drop_recording(struct player *player)
{
    stop_search(player);
    uv_idle_stop(&player->rows);
    finder_free(player->finder);
    replay_close(player->replay);
    free(player->path);
    free(player->chosen);
    player->finder = NULL;
    player->replay = NULL;
    player->path = NULL;
    player->chosen = NULL;
}

/* What is live is shown as it was when it was left. */
static void leave(struct player *player)
{
    struct ui *ui = player->ui;
    uv_timer_stop(&player->tick);
    ui->view = ui->focus = player->view;
    ui->one_open = player->one_open;
    ui->one = player->one;
    screen_show(player->setup.screen, player->setup.live);
    replay_leave(ui, player->setup.live);
    drop_recording(player);
    ui_say(ui, STYLE_TEXT, "this is the live app again");
}

/* All that has happened so far can be gone to. */
static int flush(struct player *player, struct error *error)
{
    if (player->setup.live && recorder_flush(player->setup.recorder, error))
        return -1;
    return 0;
}

static bool enter(struct player *player)
{
    struct error error;
    if (flush(player, &error) == 0 &&
        player_open(player, recorder_path(player->setup.recorder), &error) == 0)
        return true;
    ui_say(player->ui, STYLE_ERROR, "%s", error.text);
    return false;
}

/* ---- searches ---- */

/* The file is opened anew at the first one. */
static bool has_finder(struct player *player)
{
    struct error error;
    if (!player->finder)
        player->finder = finder_new(player->path, &error);
    if (!player->finder)
        ui_say(player->ui, STYLE_ERROR, "%s", error.text);
    return player->finder;
}

static void say_not_found(struct player *player)
{
    const struct replay_wish *wish = &player->match.wish;
    const char *where = wish->forward ? "after" : "before";
    const char *what = "";
    switch (wish->move) {
    case REPLAY_INVOCATION: what = "no invocation is over"; break;
    case REPLAY_LINE: what = "no profiled line ran"; break;
    case REPLAY_SAME:
        what = wish->one_open ? "no line of this invocation ran" : "no line of this function ran";
        break;
    case REPLAY_OUT:
        what = wish->forward ? "this invocation is not over" : "this invocation has not begun";
        break;
    case REPLAY_GROWTH: what = "this line has not grown"; break;
    case REPLAY_PEAK: what = "there is no peak of memory"; break;
    default: break;
    }
    ui_say(player->ui, STYLE_TEXT, "%s %s this event", what, where);
}

/* With one invocation opened, it is the one that is gone to. */
static void open_ended(struct player *player)
{
    const struct invocation *ended =
        invocations_latest_ended(&replay_model(player->replay)->invocations);
    if (!player->ui->one_open || !ended || player->ui->one == ui_invocation_id(ended))
        return;
    player->ui->one = ui_invocation_id(ended);
    ui_sync(player->ui, replay_model(player->replay));
}

static bool is_before(struct replay_place a, struct replay_place b)
{
    return a.event < b.event || (a.event == b.event && a.moment < b.moment);
}

/* What was found, a marker that is nearer, or the end. */
static struct replay_place stop_of(struct player *player, bool is_found)
{
    struct replay *replay = player->replay;
    bool forward = player->match.wish.forward;
    struct replay_place found = {0, 0};
    struct replay_place marker = {replay_marker(replay, replay_event(replay), forward), 0};
    if (is_found)
        found = finder_place(player->finder);
    if (found.event && marker.event)
        return forward == is_before(found, marker) ? found : marker;
    if (found.event || marker.event)
        return found.event ? found : marker;
    return (struct replay_place){forward ? replay_last(replay) : replay_first(replay), 0};
}

static void end_search(struct player *player, enum finder_state state, const struct error *error)
{
    const struct replay_wish *wish = &player->match.wish;
    stop_search(player);
    ui_say(player->ui, STYLE_TEXT, "%s", ""); /* that it is searching */
    if (state == FINDER_FAILED) {
        ui_say(player->ui, STYLE_ERROR, "%s", error->text);
    } else if (wish->move == REPLAY_STOP) {
        go_to(player, stop_of(player, state == FINDER_FOUND));
    } else if (state == FINDER_FOUND) {
        if (go_to(player, finder_place(player->finder)) && wish->move == REPLAY_INVOCATION)
            open_ended(player);
    } else {
        say_not_found(player);
    }
}

static void on_slice(uv_idle_t *handle)
{
    struct player *player = handle->data;
    struct error error;
    enum finder_state state = finder_go(player->finder, SLICE_NS, &error);
    if (state != FINDER_SEARCHES)
        end_search(player, state, &error);
    else
        ui_say(player->ui, STYLE_TEXT, "searching, at event %" PRIu64 "; Esc gives up",
               finder_place(player->finder).event);
}

static void search(struct player *player, const struct replay_wish *wish)
{
    struct ui *ui = player->ui;
    struct error error;
    player->match = (struct player_match){
        .wish = *wish,
        .has_mark = ui->marked,
        .mark = ui->mark,
        .has_growth = ui->replay.has_growth,
        .growth_file = ui->replay.growth_file,
        .growth_line = ui->replay.growth_line,
    };
    if (!has_finder(player))
        return;
    const struct invocation *one = ui_one(ui, replay_model(player->replay));
    finder_only_lines(player->finder, one ? one->serial : 0);
    finder_begin(player->finder, replay_place(player->replay), wish->forward, player_match,
                 player_match_moment, &player->match);
    enum finder_state state = finder_go(player->finder, SLICE_NS, &error);
    if (state != FINDER_SEARCHES) {
        end_search(player, state, &error);
        return;
    }
    ui->replay.is_searching = true;
    uv_idle_start(&player->slices, on_slice);
}

/* ---- moves ---- */

static void step(struct player *player, bool forward)
{
    struct error error;
    int result = replay_step_moment(player->replay, forward, &error);
    if (result == 0 && forward && player->setup.live) {
        if (flush(player, &error) == 0)
            result = replay_step_moment(player->replay, true, &error);
        if (result == 0) {
            leave(player);
            return;
        }
    }
    if (result)
        arrive(player);
    if (result < 0)
        ui_say(player->ui, STYLE_ERROR, "%s", error.text);
    else if (result == 0)
        ui_say(player->ui, STYLE_TEXT,
               forward ? "this is the last event" : "this is the first event");
}

static void go_to_end(struct player *player, bool forward)
{
    struct error error;
    if (forward && player->setup.live && player->was_end) {
        leave(player);
        return;
    }
    if (forward && flush(player, &error))
        ui_say(player->ui, STYLE_ERROR, "%s", error.text);
    seek(player, forward ? replay_last(player->replay) : replay_first(player->replay));
}

/* Of the first event after a peak's time and the one before it, that which has more: memory may
 * have been given back by the time of the first. */
static uint64_t event_of_peak(struct player *player, uint64_t event)
{
    struct replay *replay = player->replay;
    struct error ignored;
    if (replay_seek(replay, event, &ignored))
        return event;
    int64_t bytes = replay_model(replay)->rss_bytes;
    bool is_before =
        replay_step(replay, false, &ignored) > 0 && replay_model(replay)->rss_bytes > bytes;
    return is_before ? replay_event(replay) : event;
}

/* Those that cannot be it are passed over without being looked at. */
static uint64_t find_peak(struct player *player, bool forward, uint64_t current)
{
    struct replay *replay = player->replay;
    uint64_t zero_ns = replay_realtime_ns(replay) - replay_monotonic_ns(replay);
    size_t count = player->peak_count;
    for (size_t i = 0; i < count; i++) {
        uint64_t time_ns = player->peaks[forward ? i : count - 1 - i];
        uint64_t event = replay_event_from(replay, zero_ns + time_ns);
        if (forward ? event <= current : event > current + 1)
            continue;
        event = event_of_peak(player, event);
        if (forward ? event > current : event < current)
            return event;
    }
    return 0;
}

static void go_to_peak(struct player *player, const struct replay_wish *wish)
{
    uint64_t current = replay_event(player->replay);
    find_peaks(player);
    uint64_t event = find_peak(player, wish->forward, current);
    seek(player, event ? event : current);
    if (!event)
        say_not_found(player);
}

static bool has_begun(const struct player *player, uint64_t id)
{
    const struct invocation *one = ui_find_invocation(replay_model(player->replay), id);
    return one && one->outcome != OUTCOME_WAITING;
}

/* Of the moments before that event, the one with which the invocation begins; at event 0 where that
 * is not known, or the event is it. */
static struct replay_place place_of_begin(struct player *player, uint64_t event, uint64_t id)
{
    struct replay *replay = player->replay;
    const struct invocation *one = ui_find_invocation(replay_model(replay), id);
    struct moments moments = {.count = 0};
    struct replay_place place = {0, 0};
    struct error ignored;
    int result = replay_read_moments(replay, event, &moments, &ignored);
    for (size_t i = 0; one && result == 0 && i + 1 < moments.count; i++)
        if (moments.items[i].kind == MOMENT_BEGIN && moments.items[i].serial == one->serial)
            place = (struct replay_place){event - 1, i + 1};
    moments_fini(&moments);
    return place;
}

/* To where it has begun, with its numbers opened. */
static void open_invocation(struct player *player, uint64_t id)
{
    const struct invocation *one = ui_find_invocation(replay_model(player->replay), id);
    struct ui *ui = player->ui;
    struct error error;
    if (!one)
        return;
    uint64_t zero_ns = replay_realtime_ns(player->replay) - replay_monotonic_ns(player->replay);
    uint64_t event = replay_event_from(player->replay, zero_ns + one->start_ns);
    ui->one_open = ui->follow = ui->view_chosen = true;
    ui->difference = false;
    ui->one = id;
    ui->view = ui->focus = VIEW_SOURCE;
    replay_forget_visits(ui);
    if (!seek(player, event))
        return;
    /* It is waiting, or not there yet, where what there was at that time came first. */
    for (int i = 0; i < STEPS_TO_BEGIN && !has_begun(player, id); i++)
        if (replay_step(player->replay, true, &error) > 0)
            arrive(player);
    struct replay_place place = place_of_begin(player, replay_event(player->replay), id);
    if (place.event)
        go_to(player, place);
}

static void go(struct player *player, const struct replay_wish *wish)
{
    switch (wish->move) {
    case REPLAY_EVENT: step(player, wish->forward); break;
    case REPLAY_END: go_to_end(player, wish->forward); break;
    case REPLAY_INVOCATION:
    case REPLAY_LINE:
    case REPLAY_SAME:
    case REPLAY_OUT:
    case REPLAY_STOP:
    case REPLAY_GROWTH: search(player, wish); break;
    case REPLAY_PEAK:
        player->match.wish = *wish;
        go_to_peak(player, wish);
        break;
    case REPLAY_OPEN: open_invocation(player, wish->invocation); break;
    case REPLAY_TIME: seek(player, replay_event_at(player->replay, wish->time_ns)); break;
    case REPLAY_LEAVE: leave(player); break;
    case REPLAY_CANCEL: ui_say(player->ui, STYLE_TEXT, "the search was given up"); break;
    }
}

/* The function is the one that the title names from then on, at every event. */
static void choose(struct player *player)
{
    struct model *model = replay_model(player->replay);
    model_set_text(&player->chosen, model->functions[player->ui->function].name);
    model_select(model, player->chosen);
    player->ui->dirty = true;
}

bool player_act(struct player *player, enum ui_action action)
{
    const struct replay_wish wish = player->ui->replay.wish;
    if (action == UI_SELECT && player->replay)
        choose(player);
    if (action != UI_REPLAY)
        return player->replay != NULL;
    stop_search(player);
    if (player->replay || enter(player)) {
        go(player, &wish);
        if (player->replay)
            update_curve(player);
    }
    return true;
}

/* ---- begin and end ---- */

struct player *player_new(const struct player_setup *setup)
{
    struct player *player = mem_calloc(1, sizeof *player);
    player->setup = *setup;
    player->ui = screen_ui(setup->screen);
    uv_idle_init(setup->loop, &player->slices);
    uv_idle_init(setup->loop, &player->rows);
    uv_timer_init(setup->loop, &player->tick);
    player->slices.data = player->rows.data = player->tick.data = player;
    return player;
}

void player_close(struct player *player)
{
    if (!player)
        return;
    uv_close((uv_handle_t *)&player->slices, NULL);
    uv_close((uv_handle_t *)&player->rows, NULL);
    uv_close((uv_handle_t *)&player->tick, NULL);
}

void player_free(struct player *player)
{
    if (!player)
        return;
    finder_free(player->finder);
    replay_close(player->replay);
    free(player->path);
    free(player->chosen);
    free(player);
}
