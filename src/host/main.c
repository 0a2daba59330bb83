/* Read the command line, run the command, say in one line what went wrong. */
#include "config.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/error.h"
#include "host/batch.h"
#include "host/diff.h"
#include "host/import.h"
#include "host/kql.h"
#include "host/live.h"
#include "host/new.h"
#include "host/options.h"
#include "host/replay_command.h"
#include "host/run.h"
#include "host/series_list.h"
#include "host/series_peak.h"
#include "host/series_plot.h"
#include "host/start.h"

/* Commands with a command line of their own, which host nothing. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv, struct error *error);
} commands[] = {
    {"diff", diff_run},        {"import", import_run}, {"kql", kql_run},
    {"list", series_list_run}, {"new", new_run},       {"peak", series_peak_run},
    {"plot", series_plot_run}, {"replay", replay_run}, {"report", replay_run},
    {"run", run_run},
};

/* The live screen needs a terminal to draw on and keys to hear; where either is missing the report
 * is what can be had, as with `top -b`. */
static int settle_command(struct options *options, struct error *error)
{
    bool is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (options->command != COMMAND_LIVE || is_terminal)
        return 0;
    if (options->script)
        return options_refuse_script(error);
    options->command = COMMAND_BATCH;
    if (!options->port_given)
        options->port = 0;
    return options_settle_requests(options, error);
}

static int run(const struct options *options, struct error *error)
{
    switch (options->command) {
    case COMMAND_HELP: fputs(options_help(), stdout); return EXIT_STATUS_OK;
    case COMMAND_VERSION: puts(PACKAGE_STRING); return EXIT_STATUS_OK;
    case COMMAND_LIVE: return live_run(options, error);
    case COMMAND_BATCH: return batch_run(options, error);
    case COMMAND_START: return start_run(options, error);
    }
    return error_set(error, EXIT_STATUS_INTERNAL, "no such command");
}

static int run_host(int argc, char **argv, struct error *error)
{
    struct options options;
    int status = -1;
    if (options_parse(&options, argc, argv, error) == 0 && settle_command(&options, error) == 0)
        status = run(&options, error);
    options_fini(&options);
    return status;
}

static int run_command(int argc, char **argv, struct error *error)
{
    for (size_t i = 0; argc > 1 && i < ARRAY_LEN(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1, error);
    return run_host(argc, argv, error);
}

/* Whoever closed a standard stream wants nothing of it; the next file to be opened would take its
 * place, and libuv, which has such descriptors for nobody's but these, ends the process. */
static void open_missing_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct error error = {.status = EXIT_STATUS_INTERNAL};
    int status;

    open_missing_streams();
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C"); /* programs read what is printed, and know no decimal comma */
    /* A peer that goes away is an error of write(2), and not the end. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow */
    status = run_command(argc, argv, &error);
    if (status < 0) {
        fprintf(stderr, "pymemtop: %s\n", error.text);
        status = (int)error.status;
    }
    return status;
}
