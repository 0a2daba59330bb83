/*
 * Golden screens: each scene is a fixture and a key script, drawn at several sizes, in Unicode and
 * in ASCII, and compared with the file of its name under tests/golden/screens. A file holds the
 * text, then the meaning of every cell (style_letter), then how the cells look without colour. With
 * PYMEMTOP_GOLDEN_WRITE=1 the files are written instead.
 *
 * A scene whose name begins with "replay" is event 512 of the 1000 of a recording, and one that
 * begins with "replay-between" is after the third of the changes that follow it.
 *
 *   driver                        compare (or write) all
 *   driver SCENE COLSxROWS [mono] [ascii]  print one with SGR escapes, to look at
 */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "tests/golden/fixture.h"
#include "tui/grid.h"
#include "tui/scene.h"
#include "tui/script.h"
#include "tui/ui.h"

struct scene {
    const char *name;
    struct model *(*fixture)(void);
    const char *script;
    bool every_size; /* else at 80x24 in Unicode alone */
};

static const struct scene scenes[] = {
    {"source", fixture_busy, "", true},
    {"hot", fixture_busy, "key 2\n", true},
    {"hot-place", fixture_busy, "key 2 > > > > >\n", false},
    {"hot-retained", fixture_busy, "key 2 > > > > > > >\n", true},
    {"hot-high", fixture_busy, "key 2 < <\n", false},
    {"heap-off", fixture_heap_off, "", true},
    {"heap-off-hot", fixture_heap_off, "key 2 < > > > > > > >\n", false},
    {"no-native", fixture_no_native, "key 2 <\n", true},
    {"leaks", fixture_leaks, "key L\n", true},
    {"leaks-smallest", fixture_leaks, "key L\nresize 60x10\n", false},
    {"leaks-narrow", fixture_leaks, "key L\nresize 60x24\n", false},
    {"leaks-third", fixture_leaks, "key L j Tab j\n", true},
    {"leaks-outside", fixture_leaks, "key L j j\n", false},
    {"leaks-suspect", fixture_leaks, "key L G\n", false},
    {"leaks-sorted", fixture_leaks, "key L > > > >\n", false},
    {"leaks-open", fixture_leaks, "key L G Enter\n", true},
    {"leaks-evidence", fixture_leaks, "key L Tab j j j j Enter\n", true},
    {"leaks-early", fixture_leaks_early, "key L\n", true},
    {"leaks-none", fixture_leaks_none, "key L\n", true},
    {"leaks-no-heap", fixture_heap_off, "key L\n", false},
    {"leaks-hot", fixture_leaks, "key 2\n", true},
    {"holders", fixture_holders, "key L w\n", true},
    {"holders-opened", fixture_holders, "key L w j j j j Enter\ntype /_CONN\nkey Enter Enter Esc\n",
     true},
    {"holders-narrow", fixture_holders, "key L w\nresize 60x24\nkey G\n", false},
    {"holders-smallest", fixture_holders, "key L w\nresize 60x10\n", false},
    {"holders-search", fixture_holders, "key L w /\ntype session\nkey Enter\n", false},
    {"holders-filter", fixture_holders, "key L w \\\ntype lru\nkey Enter\n", false},
    {"holders-few", fixture_holders_few, "key L w\n", true},
    {"holders-asked", fixture_holders_asked, "key L w\n", true},
    {"holders-failed", fixture_holders_failed, "key L w\n", true},
    {"holders-none", fixture_holders_none, "key L w\n", true},
    {"holders-evidence", fixture_evidence, "key L\n", true},
    {"holders-evidence-narrow", fixture_evidence, "key L\nresize 60x24\n", false},
    {"holders-evidence-smallest", fixture_evidence, "key L\nresize 60x10\n", false},
    {"live", fixture_live, "key :\ntype diff-live\nkey Enter\n", true},
    {"live-last", fixture_live, "key :\ntype diff-live\nkey Enter G\n", false},
    {"live-sorted", fixture_live, "key :\ntype diff-live\nkey Enter > > > j\n", true},
    {"live-filter", fixture_live, "key :\ntype diff-live\nkey Enter \\\ntype dict\nkey Enter\n",
     false},
    {"live-smallest", fixture_live, "key :\ntype diff-live\nkey Enter\nresize 60x10\n", false},
    {"live-narrow", fixture_live, "key :\ntype diff-live\nkey Enter\nresize 60x24\n", false},
    {"live-asked", fixture_live_asked, "key :\ntype diff-live\nkey Enter\n", true},
    {"live-marked", fixture_marked, "key :\ntype diff-live\nkey Enter\n", true},
    {"live-lost", fixture_live_lost, "key :\ntype diff-live\nkey Enter\n", false},
    {"live-no-mark", fixture_leaks, "key :\ntype diff-live\nkey Enter\n", false},
    {"live-tab", fixture_leaks, "key :\ntype d\nkey Tab\n", false},
    {"commands", fixture_leaks, "key :\ntype marklive\nkey Enter\n", false},
    {"help-commands", fixture_busy, "key ? /\ntype mark-live\nkey Enter\n", false},
    {"replay-live", fixture_live, "key :\ntype mark-live\nkey Enter\n", false},
    {"imported-live", fixture_imported, "key :\ntype mark-live\nkey Enter\n", false},
    {"invocations-retained", fixture_busy, "key 3 <\n", false},
    {"invocations", fixture_busy, "key 3 j j\n", true},
    {"output", fixture_busy, "key 4\n", true},
    {"help", fixture_busy, "key ?\n", true},
    {"one", fixture_busy, "key 3 j j Enter\n", true},
    {"limited", fixture_limited, "", true},
    {"limited-full", fixture_full, "", false},
    {"limited-smallest", fixture_limited, "resize 60x10\n", false},
    {"polled", fixture_polled, "", true},
    {"polled-smallest", fixture_polled, "resize 60x10\n", false},
    {"starting", fixture_starting, "", true},
    {"load-failed", fixture_load_failed, "", true},
    {"worker-dead", fixture_dead, "key g\n", true},
    {"not-reloaded", fixture_not_reloaded, "", false},
    {"worker-restarted", fixture_restarted, "", false},
    {"worker-restarted-seen", fixture_restarted, "key 3\n", false},
    {"functions-broken", fixture_shop_broken, "key 1\n", false},
    {"difference", fixture_busy, "key 3 G k m k Enter D\n", false},
    {"hot-difference", fixture_busy, "key 3 G k m k Enter D 2\n", false},
    {"pick", fixture_busy, "key p j\n", false},
    {"search", fixture_busy, "key /\ntype size\nkey Enter .\n", false},
    {"prompt", fixture_busy, "key /\ntype await\n", false},
    {"filter", fixture_busy, "key \\\ntype return\nkey Enter\n", false},
    {"frozen", fixture_busy, "key Space j\n", false},
    {"zero", fixture_busy, "key z M\n", false},
    {"scrolled", fixture_busy, "key g\ntype /NAMES\nkey Enter Right Right Right\n", false},
    {"long-line", fixture_busy, "type /self.sizes =\nkey Enter Right Right Right\n", false},
    {"top", fixture_busy, "key g\n", false},
    {"hot-sorted", fixture_busy, "key 2 > > > > I\n", false},
    {"too-small", fixture_busy, "resize 59x10\n", false},
    {"smallest", fixture_busy, "resize 60x10\n", false},
    {"recovered", fixture_busy, "resize 20x3\nresize 80x24\n", false},
    {"pane", fixture_busy, "resize 140x30\nkey Tab j Tab\n", false},
    {"reloaded", fixture_reloaded, "", false},
    {"old-version", fixture_reloaded, "key p G k k k Enter\n", true},
    {"old-invocation", fixture_reloaded, "key 3 j j Enter\n", false},
    {"pick-versions", fixture_reloaded, "key p\n", false},
    {"hot-old-invocation", fixture_reloaded, "key 3 j j Enter 2\n", false},
    {"request-count", fixture_busy, "key R\ntype 1x2\n", false},
    {"functions", fixture_shop, "key a j j\n", true},
    {"functions-first", fixture_shop_loaded, "", false},
    {"functions-sorted", fixture_shop, "key a > >\n", false},
    {"functions-unknown-source", fixture_shop, "key a g Enter\n", false},
    {"functions-source", fixture_shop, "key a G k Enter\n", false},
    {"functions-invocations", fixture_shop, "key 3 j\n", true},
    {"functions-hot", fixture_shop, "key 2 j\n", false},
    {"functions-pane", fixture_shop, "resize 140x30\n", false},
    {"payload", fixture_shop, "key a g j j r\n", false},
    {"payload-start", fixture_shop, "key a g j j r Home Right Right\n", false},
    {"payload-typed", fixture_shop, "key a g j j r ^U\ntype {\"id\": 18}\nkey Left Left\n", false},
    {"request-line", fixture_shop, "key a g r\n", false},
    {"request-line-refused", fixture_shop, "key a g r Enter\n", false},
    {"imported", fixture_imported, "", true},
    {"imported-invocations", fixture_imported, "key 3 j\n", true},
    {"imported-instance", fixture_imported, "key 3 \\\ntype instance-b\nkey Enter\n", false},
    {"imported-hot", fixture_imported, "key 2\n", false},
    {"imported-functions", fixture_imported, "key a j\n", false},
    {"imported-useless", fixture_imported, "key z\n", false},
    {"program", fixture_program, "", true},
    {"program-again", fixture_program, "key r\n", false},
    {"program-ended", fixture_program_ended, "", true},
    {"program-ended-seen", fixture_program_ended, "key 5\n", false},
    {"program-unable", fixture_program_unable, "", false},
    {"program-ended-invocations", fixture_program_ended, "key 3\n", false},
    {"breakpoints", fixture_breakpoints, "", true},
    {"breakpoints-listed", fixture_breakpoints, "key 7 j j j\n", true},
    {"paused", fixture_paused, "", true},
    {"paused-elsewhere", fixture_paused, "key G\n", false},
    {"paused-output", fixture_paused, "key 4\n", false},
    {"paused-smallest", fixture_paused, "resize 60x10\n", false},
    {"paused-pane", fixture_paused, "resize 160x30\n", false},
    {"paused-stop", fixture_paused, "key v\n", true},
    {"paused-frame", fixture_paused, "key v j j j\n", false},
    {"paused-local", fixture_paused, "key v j j j j j j j\n", false},
    {"paused-frozen", fixture_paused, "key Space\n", false},
    {"answered", fixture_answered, "", false},
    {"answered-stop", fixture_answered, "key v\n", true},
    {"evaluate", fixture_paused, "key :\ntype len(KEPT)\n", false},
    {"condition", fixture_paused, "key B\n", false},
    {"condition-refused", fixture_paused, "key j B\ntype rss\nkey Enter\n", false},
    {"not-paused", fixture_busy, "key s\n", false},
    {"long-output", fixture_shop, "key 4 g j\n", true},
    {"long-output-paged", fixture_shop, "key 4 g j PgDn PgDn j\n", false},
    {"replay", fixture_busy, "", true},
    {"replay-one", fixture_busy, "key 3 j j Enter\n", false},
    {"replay-useless", fixture_busy, "key r\n", false},
    {"replay-smallest", fixture_busy, "resize 60x10\n", false},
    {"replay-between", fixture_busy, "", true},
    {"replay-between-smallest", fixture_busy, "resize 60x10\n", false},
    {"replay-pane", fixture_shop, "resize 160x30\n", false},
};

static const struct {
    int cols, rows;
} sizes[] = {{80, 24}, {120, 30}, {200, 50}};

/* How the cells look without colour: b(old), d(im), u(nderlined), r(everse), or letters for two. */
static char plain_letter(struct look look)
{
    static const char letters[] = ".brRuUvVdDeEfFgG";
    return letters[(look.bold ? 1 : 0) | (look.reverse ? 2 : 0) | (look.underline ? 4 : 0) |
                   (look.dim ? 8 : 0)];
}

static void dump_plain(const struct grid *grid, struct buf *out)
{
    for (int row = 0; row < grid->rows; row++) {
        for (int col = 0; col < grid->cols; col++) {
            const struct cell *cell = grid_at(grid, row, col);
            buf_printf(out, "%c", plain_letter(style_look(cell->style, cell->mark, false)));
        }
        buf_printf(out, "\n");
    }
}

static bool run_script(const struct scene *scene, struct ui *ui, struct model *model)
{
    struct error error;
    enum ui_action action;
    enum script_state state = SCRIPT_STEPPED;
    struct script *script = script_new(scene->name, scene->script, strlen(scene->script), &error);
    if (!script) {
        fprintf(stderr, "%s\n", error.text);
        return false;
    }
    while (state == SCRIPT_STEPPED) {
        state = script_step(script, ui, model, &action, &error);
        if (action == UI_SELECT)
            model_select(model, model->functions[ui->function].name);
    }
    script_free(script);
    return state == SCRIPT_DONE;
}

static void begin_replay(struct ui *ui, const struct model *model, bool is_between)
{
    const uint64_t second = NS_PER_SECOND;
    struct replay_at at = {
        .event = 512,
        .first_event = 1,
        .last_event = 1000,
        .time_ns = FIXTURE_REALTIME_NS,
        .begin_ns = FIXTURE_REALTIME_NS - 40 * second,
        .end_ns = FIXTURE_REALTIME_NS + 20 * second,
        .now_ns = FIXTURE_NOW_NS,
    };
    if (is_between) {
        at.moment = 3;
        at.moments = 17;
        at.change = (struct replay_change){.kind = CHANGE_RSS, .delta_bytes = 1572864, .line = 21};
    }
    replay_enter(ui, false);
    ui->replay.curve = &model->timeline;
    replay_arrive(ui, model, &at);
}

static bool draw(const struct scene *scene, int cols, int rows, bool ascii, struct grid *grid)
{
    struct model *model = scene->fixture();
    struct ui ui;
    ui_init(&ui, cols, rows);
    ui.ascii = ascii;
    ui_sync(&ui, model);
    if (strncmp(scene->name, "replay", 6) == 0)
        begin_replay(&ui, model, strncmp(scene->name, "replay-between", 14) == 0);
    bool done = run_script(scene, &ui, model);
    ui_sync(&ui, model);
    scene_draw(&ui, model, clock_monotonic_ns(), grid);
    ui_fini(&ui);
    model_free(model);
    return done;
}

static void dump(const struct grid *grid, struct buf *out)
{
    grid_dump_text(grid, out);
    buf_printf(out, "---- styles\n");
    grid_dump_styles(grid, out);
    buf_printf(out, "---- without colour\n");
    dump_plain(grid, out);
}

static char *read_file(const char *path)
{
    struct buf text;
    char part[4096];
    size_t count;
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    buf_init(&text, 1 << 22);
    while ((count = fread(part, 1, sizeof part, file)) > 0) {
        if (buf_append(&text, part, count) != 0)
            break;
    }
    fclose(file);
    return buf_take(&text);
}

/* Say where two dumps part. */
static void report_difference(const char *path, const char *want, const char *have)
{
    size_t line = 1;
    fprintf(stderr, "%s differs", path);
    if (!want) {
        fprintf(stderr, ": there is no such file\n");
        return;
    }
    while (*want || *have) {
        size_t want_len = strcspn(want, "\n"), have_len = strcspn(have, "\n");
        if (want_len != have_len || memcmp(want, have, want_len) != 0) {
            fprintf(stderr, " in line %zu\n  want: %.*s\n  have: %.*s\n", line, (int)want_len, want,
                    (int)have_len, have);
            return;
        }
        want += want_len + (want[want_len] == '\n');
        have += have_len + (have[have_len] == '\n');
        line++;
    }
    fprintf(stderr, "\n");
}

static bool write_file(const char *path, const struct buf *text)
{
    FILE *file = fopen(path, "we");
    if (!file) {
        perror(path);
        return false;
    }
    bool whole = fwrite(buf_text(text), 1, text->len, file) == text->len;
    return fclose(file) == 0 && whole;
}

static bool check(const char *folder, const struct scene *scene, int cols, int rows, bool ascii)
{
    char path[512];
    struct grid grid;
    struct buf text;
    snprintf(path, sizeof path, "%s/%s-%dx%d%s.txt", folder, scene->name, cols, rows,
             ascii ? "-ascii" : "");
    grid_init(&grid);
    buf_init(&text, 1 << 22);
    bool good = draw(scene, cols, rows, ascii, &grid);
    dump(&grid, &text);
    if (!good) {
        fprintf(stderr, "%s: its script did not come to its end\n", path);
    } else if (getenv("PYMEMTOP_GOLDEN_WRITE")) {
        good = write_file(path, &text);
    } else {
        char *want = read_file(path);
        good = want && strcmp(want, buf_text(&text)) == 0;
        if (!good)
            report_difference(path, want, buf_text(&text));
        free(want);
    }
    buf_fini(&text);
    grid_fini(&grid);
    return good;
}

static int check_all(const char *folder)
{
    int failed = 0, checked = 0;
    for (size_t i = 0; i < ARRAY_LEN(scenes); i++) {
        size_t count = scenes[i].every_size ? ARRAY_LEN(sizes) : 1;
        for (size_t size = 0; size < count; size++) {
            for (int ascii = 0; ascii <= scenes[i].every_size; ascii++) {
                checked++;
                failed += !check(folder, &scenes[i], sizes[size].cols, sizes[size].rows, ascii);
            }
        }
    }
    printf("%d of %d golden screens differ\n", failed, checked);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void print_look(struct look look)
{
    printf("\x1B[0");
    if (look.bold)
        printf(";1");
    if (look.dim)
        printf(";2");
    if (look.underline)
        printf(";4");
    if (look.reverse)
        printf(";7");
    if (look.foreground >= 0)
        printf(";%d", look.foreground + (look.foreground < 8 ? 30 : 82));
    if (look.background >= 0)
        printf(";%d", look.background + (look.background < 8 ? 40 : 92));
    printf("m");
}

static void print_ansi(const struct grid *grid, bool color)
{
    for (int row = 0; row < grid->rows; row++) {
        for (int col = 0; col < grid->cols; col++) {
            const struct cell *cell = grid_at(grid, row, col);
            print_look(style_look(cell->style, cell->mark, color));
            for (size_t i = 0; cell->cols && i < CELL_CODES && cell->codes[i]; i++) {
                char bytes[TEXT_UTF8_MAX];
                printf("%.*s", (int)text_encode(cell->codes[i], bytes), bytes);
            }
        }
        printf("\x1B[0m\n");
    }
}

static int print_one(int argc, char **argv)
{
    bool ascii = false, mono = false;
    int cols, rows;
    struct grid grid;
    for (int i = 3; i < argc; i++) {
        ascii = ascii || strcmp(argv[i], "ascii") == 0;
        mono = mono || strcmp(argv[i], "mono") == 0;
    }
    if (sscanf(argv[2], "%4dx%4d", &cols, &rows) != 2)
        return EXIT_FAILURE;
    grid_init(&grid);
    for (size_t i = 0; i < ARRAY_LEN(scenes); i++) {
        if (strcmp(scenes[i].name, argv[1]) == 0) {
            draw(&scenes[i], cols, rows, ascii, &grid);
            print_ansi(&grid, !mono);
        }
    }
    grid_fini(&grid);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const char *source = getenv("srcdir");
    char folder[256];
    if (!setlocale(LC_ALL, "C.UTF-8")) {
        fprintf(stderr, "the golden screens need the locale C.UTF-8\n");
        return 77; /* automake: skipped */
    }
    setenv("TZ", "UTC", 1);
    clock_fix(FIXTURE_NOW_NS);
    if (argc >= 3)
        return print_one(argc, argv);
    snprintf(folder, sizeof folder, "%s/tests/golden/screens", source ? source : ".");
    mkdir(folder, 0777);
    return check_all(folder);
}
