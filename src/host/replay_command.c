/*
 * Nothing runs: the loop has the terminal, and the player's searches. `report`, and `replay` where
 * there is no terminal or a report is asked for, write that of the model at the last event.
 */
#include "config.h"
#include "host/replay_command.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "host/options.h"
#include "host/player.h"
#include "host/recording_file.h"
#include "host/report_file.h"
#include "host/report_options.h"
#include "host/screen.h"
#include "report/run_check.h"
#include "report/table.h"
#include "store/replay.h"

/* ---- the command line ---- */

enum { OPT_FAIL_ON = 256, OPT_QUIET };

struct request {
    struct report_request report;
    const char *file; /* borrowed */
};

static const struct option long_options[] = {
    {"fail-on", required_argument, NULL, OPT_FAIL_ON},
    {"quiet", no_argument, NULL, OPT_QUIET},
    REPORT_OPTIONS,
    {NULL, 0, NULL, 0},
};

static int take_file(struct request *request, const char *command, char **words,
                     struct error *error)
{
    if (!words[0])
        return error_set(error, EXIT_STATUS_USAGE,
                         "%s needs a recording, as in: pymemtop %s x.pymemtop; --record makes one",
                         command, command);
    if (words[1])
        return error_set(error, EXIT_STATUS_USAGE,
                         "one recording is enough, and '%s' is a second one", words[1]);
    request->file = words[0];
    return 0;
}

/* --fail-on and --quiet are about a report, and so want one. */
static int apply(struct request *request, int option, const char *value, struct error *error)
{
    struct options *options = &request->report.options;
    if (option == OPT_FAIL_ON) {
        request->report.batch = true;
        return fail_on_parse(&options->fail_on, value, RUN_CONDITIONS, error);
    }
    if (option == OPT_QUIET)
        request->report.batch = options->quiet = true;
    return report_options_apply(&request->report, option, value, error);
}

static int parse(struct request *request, int argc, char **argv, struct error *error)
{
    int option;
    *request = (struct request){.file = "",
                                .report.options.precision = TABLE_PRECISION_DEFAULT,
                                .report.batch = strcmp(argv[0], "report") == 0};
    /* 0, not 1: glibc then forgets a former scan. */
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":ho:", long_options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return options_refuse(option, argv[optind - 1], error);
        if (apply(request, option, optarg, error))
            return -1;
    }
    return request->report.help ? 0 : take_file(request, argv[0], argv + optind, error);
}

/* ---- the report ---- */

/* A condition that nothing is known of is not one that does not hold. */
static int check_conditions(const struct model *model, const struct fail_on *set,
                            struct error *error)
{
    const char *why = leaks_unknown(model);
    for (size_t i = 0; why && i < set->count; i++)
        if (set->items[i].kind == FAIL_ON_LEAK)
            return error_set(error, EXIT_STATUS_USAGE, "--fail-on leak cannot be told: %s", why);
    return 0;
}

static int write_report(const struct request *request, struct error *error)
{
    struct replay *replay = recording_file_open(request->file, error);
    if (!replay)
        return -1;
    const struct options *options = &request->report.options;
    int result = check_conditions(replay_model(replay), &options->fail_on, error);
    if (!result && !options->quiet)
        result = report_file_write(replay_model(replay), options, error);
    if (!result && report_file_say_conditions(replay_model(replay), &options->fail_on))
        result = EXIT_STATUS_CONDITION;
    replay_close(replay);
    return result;
}

/* ---- the screen ---- */

struct shown {
    struct screen *screen;
    struct player *player;
};

static void act(void *context, enum ui_action action)
{
    const struct shown *shown = context;
    player_act(shown->player, action);
}

static int show_recording(struct shown *shown, uv_loop_t *loop, const struct request *request,
                          struct error *error)
{
    struct model *none = model_new("");
    const struct screen_setup setup = {
        .loop = loop,
        .model = none,
        .ascii = request->report.options.ascii,
        .color = !request->report.options.no_color,
        .context = shown,
        .act = act,
    };
    const struct player_setup player = {.loop = loop, .screen = shown->screen};
    int status = screen_open(shown->screen, &setup);
    shown->player = player_new(&player);
    if (status == 0)
        status = player_open(shown->player, request->file, error);
    if (status == 0)
        status = screen_run(shown->screen);
    screen_give_back(shown->screen);
    player_close(shown->player);
    screen_close(shown->screen);
    uv_run(loop, UV_RUN_DEFAULT);
    player_free(shown->player);
    model_free(none);
    return status;
}

/* A file that is no recording is refused before the terminal is taken. */
static int check_recording(const char *path, struct error *error)
{
    struct replay *replay = recording_file_open(path, error);
    replay_close(replay);
    return replay ? 0 : -1;
}

static int show(const struct request *request, struct error *error)
{
    uv_loop_t loop;
    struct shown shown = {.screen = NULL};
    int status = check_recording(request->file, error);
    if (status == 0)
        shown.screen = screen_new(request->report.options.script, error);
    if (!shown.screen)
        return -1;
    status = uv_loop_init(&loop);
    if (status < 0) {
        screen_free(shown.screen);
        return error_set(error, EXIT_STATUS_SYSTEM, "no event loop: %s", uv_strerror(status));
    }
    status = show_recording(&shown, &loop, request, error);
    screen_free(shown.screen);
    uv_loop_close(&loop);
    return status;
}

int replay_run(int argc, char **argv, struct error *error)
{
    struct request request;
    if (parse(&request, argc, argv, error))
        return -1;
    if (request.report.help) {
        fputs(options_help(), stdout);
        return EXIT_STATUS_OK;
    }
    bool has_screen;
    if (report_options_check(&request.report, &has_screen, error))
        return -1;
    if (!has_screen)
        return write_report(&request, error);
    return show(&request, error);
}
