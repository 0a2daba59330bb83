/*
 * Is a replay the screen that was live? A host with a real worker is sent requests; whenever its
 * model has changed, that is recorded as an event, and drawn: every view, and of the screens of
 * other sizes one after another. Then the recording is replayed, and each event of it is drawn:
 * every cell must be what it was. The rows of the replay itself (tui/replay.h) are left out, and
 * the first row is compared with one of a screen that is as much narrower as the word is wide. At
 * last it is gone back by all events, and all is to be as it was on the way forward.
 *
 *     live_equal RECORDING EVENTS BACK REQUEST... -- OPTION... PATH
 *
 * BACK: how many events it goes back; "none": it only records, for tests/bench. Prints one line
 * with what was compared; fails where a cell differs, and says where. Of the live screens sums of
 * their rows are kept.
 */
#include "config.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "host/host.h"
#include "host/options.h"
#include "store/recording_parts.h"
#include "store/replay.h"
#include "tui/grid.h"
#include "tui/scene.h"
#include "tui/ui.h"

enum { AT_A_TIME = 4, WORD_COLS = 8, ROWS_MOST = 50 };

static const struct {
    int key, cols, rows; /* of the replay */
} screens[] = {
    {'1', 80, 24}, {'2', 80, 24}, {'3', 80, 24},  {'4', 80, 24},  {'5', 80, 24},  {'7', 80, 24},
    {'8', 80, 24}, {'1', 60, 12}, {'1', 120, 30}, {'3', 120, 30}, {'1', 170, 40},
};
enum { SCREENS = ARRAY_LEN(screens), VIEWS = 7, SIZES = SCREENS - VIEWS };

/* Sums of the rows of an event's screens. */
struct drawn {
    uint64_t rows[SCREENS][ROWS_MOST];
};

struct run {
    uv_loop_t loop;
    struct host *host;
    struct recording *recording;
    uv_prepare_t prepare;
    char **requests;
    size_t request_count, next;
    unsigned under_way;
    bool loaded, records_only;
    uint64_t events, wanted, back;
    uint64_t revision;
    struct ui uis[SCREENS];
    struct grid grid;
    struct drawn *drawn; /* by event - 1 */
    uint64_t cells, differ;
    uint64_t leaks; /* events whose view of leaks was compared */
    struct error error;
};

static void die(const char *what)
{
    fprintf(stderr, "live_equal: %s\n", what);
    exit(2);
}

/* ---- drawing ---- */

static uint64_t add(uint64_t sum, uint64_t number)
{
    return (sum ^ number) * UINT64_C(0x100000001B3);
}

static uint64_t sum_row(const struct grid *grid, int row, int from)
{
    uint64_t sum = UINT64_C(0xCBF29CE484222325);
    for (int col = from; col < grid->cols; col++) {
        const struct cell *cell = grid_at(grid, row, col);
        for (size_t i = 0; i < CELL_CODES; i++)
            sum = add(sum, cell->codes[i]);
        sum = add(sum, (uint64_t)cell->cols << 16 | (uint64_t)cell->style << 8 | cell->mark);
    }
    return sum;
}

static int rows_above(size_t screen)
{
    return screens[screen].rows - replay_foot_rows(screens[screen].rows);
}

static void begin_screens(struct run *run, bool is_replay)
{
    struct model *none = model_new("");
    none->heap.is_on = true; /* without it there is no view of leaks */
    for (size_t i = 0; i < SCREENS; i++) {
        struct key_event key = {.key = screens[i].key};
        ui_init(&run->uis[i], screens[i].cols, is_replay ? screens[i].rows : rows_above(i));
        if (is_replay)
            replay_enter(&run->uis[i], false);
        ui_key(&run->uis[i], none, key, 1, 1);
    }
    model_free(none);
}

static void end_screens(struct run *run)
{
    for (size_t i = 0; i < SCREENS; i++)
        ui_fini(&run->uis[i]);
}

/* All views at every event, and one of the other sizes. Where nothing leaks, a replay says less
 * about it than who could still send requests. */
static bool is_drawn(size_t screen, const struct model *model, uint64_t event)
{
    if (screens[screen].key == '8' && model->leaks.count == 0)
        return false;
    return screen < VIEWS || (screen - VIEWS) == event % SIZES;
}

/* Of the screens of one size the first row is the same, but for the functions' view. */
static bool has_own_title(size_t screen)
{
    return screen == 0 || screens[screen].key == '5' || screens[screen].cols != 80;
}

/* All rows but the keys, and the first one at the width that is left beside the word. */
static void draw_live(struct run *run, const struct model *model, uint64_t now_ns, uint64_t event)
{
    struct drawn *drawn = &run->drawn[event - 1];
    for (size_t i = 0; i < SCREENS; i++) {
        struct ui *ui = &run->uis[i];
        ui_sync(ui, model);
        if (!is_drawn(i, model, event))
            continue;
        scene_draw(ui, model, now_ns, &run->grid);
        for (int row = 1; row < ui->rows - 1; row++)
            drawn->rows[i][row] = sum_row(&run->grid, row, 0);
        if (!has_own_title(i))
            continue;
        ui->cols -= WORD_COLS;
        scene_draw(ui, model, now_ns, &run->grid);
        ui->cols += WORD_COLS;
        drawn->rows[i][0] = sum_row(&run->grid, 0, 0);
    }
}

static void tell(struct run *run, size_t screen, int row, uint64_t event)
{
    struct buf text;
    if (run->differ++ > 0)
        return;
    buf_init(&text, 1 << 20);
    grid_dump_text(&run->grid, &text);
    fprintf(stderr, "event %" PRIu64 ", screen %zu differs in row %d:\n%s\n", event, screen, row,
            buf_text(&text));
    buf_fini(&text);
}

static void check_replay(struct run *run, const struct model *model, const struct replay_at *at,
                         const struct drawn *drawn)
{
    for (size_t i = 0; i < SCREENS; i++) {
        struct ui *ui = &run->uis[i];
        replay_arrive(ui, model, at);
        if (!is_drawn(i, model, at->event))
            continue;
        scene_draw(ui, model, 1, &run->grid);
        run->leaks += screens[i].key == '8';
        for (int row = 0; row < rows_above(i) - 1; row++) {
            int from = row ? 0 : WORD_COLS;
            if (row == 0 && !has_own_title(i))
                continue;
            run->cells += (uint64_t)(run->grid.cols - from);
            if (sum_row(&run->grid, row, from) != drawn->rows[i][row])
                tell(run, i, row, at->event);
        }
    }
}

/* ---- live ---- */

static void send_some(struct run *run);

static void on_answer(void *context, int status)
{
    struct run *run = context;
    (void)status;
    run->under_way--;
    send_some(run);
}

static void send_some(struct run *run)
{
    while (run->loaded && run->under_way < AT_A_TIME && run->events < run->wanted) {
        const char *line = run->requests[run->next++ % run->request_count];
        run->under_way++;
        if (host_send_line(run->host, line, on_answer, run, &run->error))
            die(run->error.text);
    }
}

static void on_loaded(void *context)
{
    struct run *run = context;
    run->loaded = true;
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct run *run = prepare->data;
    const struct model *model = host_model(run->host);
    uint64_t now_ns = clock_monotonic_ns();
    send_some(run);
    if (model->revision == run->revision || run->events == run->wanted)
        return;
    run->revision = model->revision;
    if (recording_event(run->recording, model, now_ns, &run->error))
        die(run->error.text);
    if (run->recording->event == run->events)
        return; /* nothing that can be seen */
    if (!run->records_only)
        draw_live(run, model, now_ns, run->events + 1);
    run->events++;
    if (run->events % 100 == 0 && recording_commit(run->recording, &run->error))
        die(run->error.text);
    if (run->events == run->wanted)
        uv_stop(&run->loop);
}

static void record(struct run *run, const char *path, const struct options *options)
{
    const struct host_events events = {.context = run, .loaded = on_loaded};
    uint64_t zero_ns = clock_realtime_ns() - clock_monotonic_ns();
    run->recording = recording_create(path, "live_equal", clock_realtime_ns(), &run->error);
    if (!run->recording)
        die(run->error.text);
    recording_keep_events(run->recording, zero_ns);
    recording_limit(run->recording, run->records_only ? options->record_limit_bytes : 0);
    run->host = host_open(&run->loop, options, &events, &run->error);
    if (!run->host)
        die(run->error.text);
    begin_screens(run, false);
    uv_prepare_init(&run->loop, &run->prepare);
    run->prepare.data = run;
    uv_prepare_start(&run->prepare, on_prepare);
    uv_run(&run->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&run->prepare, NULL);
    if (recording_close(run->recording, clock_realtime_ns(), &run->error))
        die(run->error.text);
    host_close(run->host);
    end_screens(run);
}

/* ---- replayed ---- */

static void look(struct run *run, const struct replay *replay)
{
    uint64_t event = replay_event(replay);
    const struct replay_at at = {
        .event = event,
        .first_event = 1,
        .last_event = run->events,
        .time_ns = replay_realtime_ns(replay),
        .begin_ns = replay_realtime_ns(replay),
        .end_ns = replay_realtime_ns(replay),
        .now_ns = replay_monotonic_ns(replay),
    };
    check_replay(run, replay_model(replay), &at, &run->drawn[event - 1]);
}

static void compare(struct run *run, const char *path)
{
    struct replay *replay = replay_open(path, &run->error);
    int result = 1;
    if (!replay)
        die(run->error.text);
    begin_screens(run, true);
    for (uint64_t event = 1; event <= run->events && result > 0; event++) {
        if (replay_event(replay) != event)
            die("an event is missing");
        look(run, replay);
        result = replay_step(replay, true, &run->error);
    }
    for (uint64_t i = 0; i < run->back && result >= 0; i++) {
        result = replay_step(replay, false, &run->error);
        if (result > 0)
            look(run, replay);
    }
    if (result < 0)
        die(run->error.text);
    end_screens(run);
    replay_close(replay);
}

static int find_end_of_requests(int argc, char **argv)
{
    for (int i = 4; i < argc; i++)
        if (strcmp(argv[i], "--") == 0)
            return i;
    die("usage: live_equal RECORDING EVENTS BACK REQUEST... -- OPTION... PATH");
    return 0;
}

int main(int argc, char **argv)
{
    struct options options;
    struct run run = {.revision = UINT64_MAX};
    int end = find_end_of_requests(argc, argv);
    setlocale(LC_ALL, "C.UTF-8");
    if (options_parse(&options, argc - end, argv + end, &run.error))
        die(run.error.text);
    run.wanted = strtoull(argv[2], NULL, 10);
    run.records_only = strcmp(argv[3], "none") == 0;
    run.back = strtoull(argv[3], NULL, 10);
    run.requests = argv + 4;
    run.request_count = (size_t)(end - 4);
    run.drawn = mem_calloc(run.records_only ? 1 : (size_t)run.wanted, sizeof *run.drawn);
    grid_init(&run.grid);
    uv_loop_init(&run.loop);
    record(&run, argv[1], &options);
    if (!run.records_only)
        compare(&run, argv[1]);
    printf("%" PRIu64 " events, %d screens, %" PRIu64 " back: %" PRIu64 " cells, %" PRIu64
           " with leaks, %" PRIu64 " rows differ\n",
           run.events, (int)SCREENS, run.back, run.cells, run.leaks, run.differ);
    grid_fini(&run.grid);
    free(run.drawn);
    options_fini(&options);
    uv_loop_close(&run.loop);
    return run.differ ? EXIT_FAILURE : EXIT_SUCCESS;
}
