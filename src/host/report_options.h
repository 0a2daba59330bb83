/*
 * The options of the commands that show a file or write a report of it (import, replay, report):
 * what the report is like, and whether there is to be a screen.
 */
#ifndef HOST_REPORT_OPTIONS_H
#define HOST_REPORT_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

#include "base/error.h"
#include "host/options.h"

enum report_option { /* above those that a command has itself, from 256 on */
                     REPORT_OPTION_ASCII = 512,
                     REPORT_OPTION_BATCH,
                     REPORT_OPTION_FORMAT,
                     REPORT_OPTION_NO_COLOR,
                     REPORT_OPTION_PRECISION,
                     REPORT_OPTION_SCRIPT,
};

/* For a command's table of struct option, whose short ones are ":ho:". */
#define REPORT_OPTIONS                                                                             \
    {"ascii", no_argument, NULL, REPORT_OPTION_ASCII},                                             \
        {"batch", no_argument, NULL, REPORT_OPTION_BATCH},                                         \
        {"format", required_argument, NULL, REPORT_OPTION_FORMAT},                                 \
        {"help", no_argument, NULL, 'h'}, {"no-color", no_argument, NULL, REPORT_OPTION_NO_COLOR}, \
        {"output", required_argument, NULL, 'o'},                                                  \
        {"precision", required_argument, NULL, REPORT_OPTION_PRECISION},                           \
    {                                                                                              \
        "script", required_argument, NULL, REPORT_OPTION_SCRIPT                                    \
    }

/* What these have said. */
struct report_request {
    struct options options; /* format, output, precision, ascii, no_color, script */
    bool batch;             /* a report is wanted, and no screen */
    bool help;
};

/* Take one that getopt_long() has returned; others are left alone. 0, or -1 with `error`. */
int report_options_apply(struct report_request *request, int option, const char *value,
                         struct error *error);
/* Once all were taken: is there to be a screen, since there is a terminal? 0, or -1 with `error`
 * where a script has keys for one that there is not. */
int report_options_check(struct report_request *request, bool *has_screen, struct error *error);

#endif
