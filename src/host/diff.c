/* Each recording is read at its last event; what is compared is these two models. */
#include "config.h"
#include "host/diff.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "host/options.h"
#include "host/recording_file.h"
#include "host/report_file.h"
#include "report/compare_report.h"

enum { OPT_FAIL_ON = 256, OPT_FORMAT, OPT_QUIET, REPORT_MAX_BYTES = 1 << 30 };

struct request {
    struct compare_names names; /* borrowed; NULL before they are given */
    struct fail_on fail_on;
    enum report_format format;
    const char *output;
    bool quiet;
    bool help;
};

static const struct option long_options[] = {
    {"fail-on", required_argument, NULL, OPT_FAIL_ON},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, 'h'},
    {"output", required_argument, NULL, 'o'},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {NULL, 0, NULL, 0},
};

/* ---- the command line ---- */

static int set_format(struct request *request, const char *name, struct error *error)
{
    request->format = strcmp(name, "json") == 0 ? FORMAT_JSON : FORMAT_TEXT;
    if (request->format == FORMAT_TEXT && strcmp(name, "text") != 0)
        return error_set(error, EXIT_STATUS_USAGE,
                         "--format takes text or json with diff, not '%s'", name);
    return 0;
}

static int add_recording(struct request *request, const char *path, struct error *error)
{
    if (request->names.after)
        return error_set(error, EXIT_STATUS_USAGE,
                         "diff takes two recordings, and '%s' is a third one", path);
    if (request->names.before)
        request->names.after = path;
    else
        request->names.before = path;
    return 0;
}

static int apply(struct request *request, int option, const char *value, struct error *error)
{
    switch (option) {
    case 1: return add_recording(request, value, error);
    case OPT_FAIL_ON: return fail_on_parse(&request->fail_on, value, COMPARE_CONDITIONS, error);
    case OPT_FORMAT: return set_format(request, value, error);
    case OPT_QUIET: request->quiet = true; break;
    case 'o': request->output = value; break;
    default: request->help = true;
    }
    return 0;
}

static int parse(struct request *request, int argc, char **argv, struct error *error)
{
    int option;
    *request = (struct request){.format = FORMAT_TEXT};
    optind = 0; /* glibc then forgets a former scan */
    opterr = 0;
    while ((option = getopt_long(argc, argv, "-:ho:", long_options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return options_refuse(option, argv[optind - 1], error);
        if (apply(request, option, optarg, error))
            return -1;
    }
    for (; optind < argc; optind++)
        if (add_recording(request, argv[optind], error))
            return -1;
    if (!request->help && !request->names.after)
        return error_set(error, EXIT_STATUS_USAGE,
                         "diff needs two recordings, as in: pymemtop diff before.pymemtop "
                         "after.pymemtop");
    return 0;
}

/* ---- the comparison ---- */

static struct replay *open_last(const char *path, struct error *error)
{
    struct replay *replay = recording_file_open(path, error);
    if (!replay || replay_model(replay)->invocations.total > 0)
        return replay;
    replay_close(replay);
    error_set(error, EXIT_STATUS_APP, "%s has no invocation in it; record some requests first",
              path);
    return NULL;
}

static int write_report(const struct request *request, const struct compare *compare,
                        const struct compare_verdict *verdict, struct error *error)
{
    struct buf out;
    buf_init(&out, REPORT_MAX_BYTES);
    int result = request->format == FORMAT_JSON
                     ? compare_json_write(compare, request->names, verdict, &out, error)
                     : compare_text_write(compare, request->names, &out, error);
    if (!result) {
        int failure = report_file_replace(request->output, &out);
        if (failure)
            result = report_file_refuse(request->output, failure, error);
    }
    buf_fini(&out);
    return result;
}

static int compare_and_report(const struct request *request, const struct replay *before,
                              const struct replay *after, struct error *error)
{
    struct compare compare;
    compare_init(&compare, replay_model(before), replay_model(after));
    compare.before.packages = replay_packages(before);
    compare.after.packages = replay_packages(after);
    struct compare_verdict verdict = compare_check(&compare, &request->fail_on);
    int status = request->quiet ? 0 : write_report(request, &compare, &verdict, error);
    if (status == 0 && verdict.condition) {
        fprintf(stderr, "pymemtop: %s: %s\n", verdict.condition->text, verdict.why);
        status = EXIT_STATUS_CONDITION;
    }
    compare_fini(&compare);
    return status;
}

int diff_run(int argc, char **argv, struct error *error)
{
    struct request request;
    if (parse(&request, argc, argv, error))
        return -1;
    if (request.help) {
        fputs(options_help(), stdout);
        return EXIT_STATUS_OK;
    }
    struct replay *before = open_last(request.names.before, error);
    struct replay *after = before ? open_last(request.names.after, error) : NULL;
    int status = after ? compare_and_report(&request, before, after, error) : -1;
    replay_close(before);
    replay_close(after);
    return status;
}
