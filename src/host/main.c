/* Read the command line, run the command, say in one line what went wrong. */
#include "config.h"

#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "host/batch.h"
#include "host/import.h"
#include "host/kql.h"
#include "host/live.h"
#include "host/new.h"
#include "host/options.h"
#include "host/start.h"

/* The live screen needs a terminal to draw on and keys to hear; where either is missing the report
 * is what can be had, as with `top -b`. */
static void settle_command(struct options *options)
{
    bool is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (options->command != COMMAND_LIVE || is_terminal)
        return;
    options->command = COMMAND_BATCH;
    if (!options->port_given)
        options->port = 0;
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
    if (options_parse(&options, argc, argv, error) == 0) {
        settle_command(&options);
        status = run(&options, error);
    }
    options_fini(&options);
    return status;
}

int main(int argc, char **argv)
{
    struct error error = {.status = EXIT_STATUS_INTERNAL};
    int status;

    setlocale(LC_ALL, "");
    /* A peer that goes away is an error of write(2), and not the end. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow */
    if (argc > 1 && strcmp(argv[1], "new") == 0)
        status = new_run(argc - 1, argv + 1, &error);
    else if (argc > 1 && strcmp(argv[1], "import") == 0)
        status = import_run(argc - 1, argv + 1, &error);
    else if (argc > 1 && strcmp(argv[1], "kql") == 0)
        status = kql_run(argc - 1, argv + 1, &error);
    else
        status = run_host(argc, argv, &error);
    if (status < 0) {
        fprintf(stderr, "pymemtop: %s\n", error.text);
        status = (int)error.status;
    }
    return status;
}
