/*
 * How long a key of a replay takes: for each of the moves that keys ask for, from many places of
 * the recording, what is read, and the screen that is drawn of it. All but the terminal.
 *
 *     replay_keys RECORDING [ROUNDS]
 *
 * Prints a line for each: median, 99th percentile and maximum in milliseconds.
 */
#include "config.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "host/player_match.h"
#include "store/curve.h"
#include "store/finder.h"
#include "store/replay.h"
#include "tui/scene.h"
#include "tui/ui.h"

enum { ROUNDS_DEFAULT = 100, ROWS = 50, COLS = 200 };

struct bench {
    const char *path;
    struct replay *replay;
    struct finder *finder;
    struct ui ui;
    struct grid grid;
    double *times_ms;
    int rounds;
    struct error error;
};

static void die(const struct bench *bench)
{
    fprintf(stderr, "replay_keys: %s\n", bench->error.text);
    exit(1);
}

static double now_ms(void)
{
    return (double)clock_monotonic_ns() / NS_PER_MS;
}

static void draw(struct bench *bench)
{
    struct replay *replay = bench->replay;
    const struct replay_at at = {
        .event = replay_event(replay),
        .first_event = replay_first(replay),
        .last_event = replay_last(replay),
        .time_ns = replay_realtime_ns(replay),
        .begin_ns = replay_time_of(replay, replay_first(replay)),
        .end_ns = replay_time_of(replay, replay_last(replay)),
        .now_ns = replay_monotonic_ns(replay),
    };
    replay_arrive(&bench->ui, replay_model(replay), &at);
    scene_draw(&bench->ui, replay_model(replay), 1, &bench->grid);
}

static int by_time(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void tell(struct bench *bench, const char *name)
{
    qsort(bench->times_ms, (size_t)bench->rounds, sizeof *bench->times_ms, by_time);
    printf("%-22s median %7.2f  p99 %7.2f  max %7.2f ms\n", name,
           bench->times_ms[bench->rounds / 2], bench->times_ms[bench->rounds * 99 / 100],
           bench->times_ms[bench->rounds - 1]);
}

/* A place in the recording, the same ones in every run. */
static uint64_t place(struct bench *bench, int round)
{
    uint64_t last = replay_last(bench->replay);
    return 1 + (uint64_t)round * UINT64_C(2654435761) % last;
}

static void seek(struct bench *bench, uint64_t event)
{
    if (replay_seek(bench->replay, event, &bench->error))
        die(bench);
}

static void search(struct bench *bench, enum replay_move move, bool forward)
{
    struct player_match match = {
        .wish = {
            .move = move, .forward = forward, .file = 0, .first_line = 1, .last_line = UINT32_MAX}};
    enum finder_state state;
    finder_only_lines(bench->finder, 0);
    finder_begin(bench->finder, replay_place(bench->replay), forward, player_match,
                 player_match_moment, &match);
    do
        state = finder_go(bench->finder, NS_PER_SECOND, &bench->error);
    while (state == FINDER_SEARCHES);
    if (state == FINDER_FAILED)
        die(bench);
    if (state == FINDER_FOUND &&
        replay_go(bench->replay, finder_place(bench->finder), &bench->error))
        die(bench);
}

enum { SEEK = -1, STEP = -2 };

static void measure(struct bench *bench, const char *name, int move, bool forward)
{
    for (int i = 0; i < bench->rounds; i++) {
        seek(bench, place(bench, i));
        draw(bench);
        double began_ms = now_ms();
        if (move == SEEK)
            seek(bench, place(bench, i + 1));
        else if (move == STEP && replay_step_moment(bench->replay, forward, &bench->error) < 0)
            die(bench);
        else if (move >= 0)
            search(bench, (enum replay_move)move, forward);
        draw(bench);
        bench->times_ms[i] = now_ms() - began_ms;
    }
    tell(bench, name);
}

static void measure_open(struct bench *bench)
{
    for (int i = 0; i < bench->rounds; i++) {
        double began_ms = now_ms();
        struct replay *replay = replay_open(bench->path, &bench->error);
        if (!replay || replay_seek(replay, replay_last(replay), &bench->error))
            die(bench);
        bench->times_ms[i] = now_ms() - began_ms;
        replay_close(replay);
    }
    tell(bench, "open, at the end");
}

static void measure_curve(const struct bench *bench)
{
    static struct curve curve;
    struct error error;
    double began_ms = now_ms();
    int64_t rows = 0, read;
    while ((read = curve_read(&curve, bench->replay, 20000, &error)) > 0)
        rows += read;
    printf("%-22s %.2f ms for %" PRId64 " samples\n", "memory over time", now_ms() - began_ms,
           rows);
}

int main(int argc, char **argv)
{
    struct bench bench = {.rounds = argc > 2 ? atoi(argv[2]) : ROUNDS_DEFAULT};
    struct stat info;
    setlocale(LC_ALL, "C.UTF-8");
    setlinebuf(stdout);
    if (argc < 2 || bench.rounds < 1) {
        fprintf(stderr, "usage: replay_keys RECORDING [ROUNDS]\n");
        return EXIT_FAILURE;
    }
    bench.path = argv[1];
    bench.times_ms = mem_calloc((size_t)bench.rounds, sizeof *bench.times_ms);
    bench.replay = replay_open(bench.path, &bench.error);
    bench.finder = bench.replay ? finder_new(bench.path, &bench.error) : NULL;
    if (!bench.finder || stat(bench.path, &info))
        die(&bench);
    grid_init(&bench.grid);
    ui_init(&bench.ui, COLS, ROWS);
    replay_enter(&bench.ui, false);
    printf("%s: %" PRIu64 " events, %.1f MiB\n", bench.path, replay_last(bench.replay),
           (double)info.st_size / (1 << 20));
    measure_open(&bench);
    measure(&bench, "]", STEP, true);
    measure(&bench, "[", STEP, false);
    measure(&bench, "anywhere (click)", SEEK, true);
    measure(&bench, "}", REPLAY_INVOCATION, true);
    measure(&bench, "{", REPLAY_INVOCATION, false);
    measure(&bench, "s", REPLAY_LINE, true);
    measure(&bench, "S", REPLAY_LINE, false);
    measure(&bench, "n", REPLAY_SAME, true);
    measure(&bench, "N", REPLAY_SAME, false);
    measure(&bench, "c, to the end", REPLAY_STOP, true);
    measure_curve(&bench);
    ui_fini(&bench.ui);
    grid_fini(&bench.grid);
    finder_free(bench.finder);
    replay_close(bench.replay);
    free(bench.times_ms);
    return EXIT_SUCCESS;
}
