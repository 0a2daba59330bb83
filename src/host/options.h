/*
 * The command line. Parsing only reads argv; what PATH means is found by
 * host/app.h.
 */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "host/report_format.h"
#include "report/fail_on.h"

enum command {
    COMMAND_LIVE,  /* the screen; where a terminal is missing, the same as COMMAND_BATCH */
    COMMAND_BATCH, /* N requests, then the report */
    COMMAND_START, /* headless, the console of `func start` */
    COMMAND_HELP,
    COMMAND_VERSION,
};

enum {
    OPTIONS_TIMEOUT_DEFAULT_S = 30,
    OPTIONS_REQUESTS_FOR_LEAKS = 12, /* of --batch with --fail-on leak */
};
#define OPTIONS_RECORD_LIMIT_DEFAULT (INT64_C(1) << 30)

struct options {
    enum command command;
    const char *path;        /* borrowed; "." where none was given; below script_root */
    const char *script_root; /* --script-root, or NULL */
    char *joined_path;       /* owned: what path points to where there is a script_root */
    const char *python;      /* --python, or NULL */
    const char *address;     /* --address; "127.0.0.1" */
    bool address_given;
    uint16_t port; /* --port; 7071 for live and start, 0 (any free one) for batch */
    bool port_given;
    const char *cors; /* --cors, as written; NULL where it is not given */
    bool cors_credentials;
    bool enable_auth;
    unsigned timeout_s;   /* --timeout: for the app to be loaded */
    const char *method;   /* of --request 'METHOD TARGET'; NULL: the function's first method */
    const char *target;   /* NULL: the function's route */
    char *request_line;   /* owned: what method and target point into */
    const char *data;     /* --data, the body; NULL for none */
    const char **headers; /* owned array of borrowed "Name: value" */
    size_t header_count;
    unsigned requests; /* -n; 1, or OPTIONS_REQUESTS_FOR_LEAKS */
    bool requests_given;
    unsigned concurrency;   /* --concurrency; 1 */
    const char **functions; /* --functions a b: only these; owned array of borrowed names */
    size_t function_count;
    const char **include; /* --include/--exclude GLOB, as often as wanted; owned arrays */
    size_t include_count;
    const char **exclude;
    size_t exclude_count;
    enum report_format format; /* of --format, else of -o's name */
    bool format_given;
    int64_t limit_bytes;        /* --limit or --plan; 0 without one */
    const char *limit_name;     /* the plan's name; NULL with --limit */
    const char *script;         /* --script: keys from a file; NULL without */
    const char *output;         /* -o; NULL for stdout */
    const char *record;         /* --record: a path, "" for a name by the time; NULL without */
    int64_t record_limit_bytes; /* --record-limit */
    int precision;              /* of the text report */
    bool report;                /* `start --report` */
    bool heap;                  /* count allocations */
    bool collect;               /* run the collector at quiet moments */
    struct fail_on fail_on;     /* --fail-on, of a run */
    bool log_reports;           /* of each invocation, through the app's logging */
    bool real_memory_profiler;
    bool verify_rss; /* let the worker check its own readings */
    bool verbose;
    bool quiet;
    bool ascii;
    bool no_color;
};

/* Parse argv: 0, or -1 with `error` (EXIT_STATUS_USAGE). Fills *options in either case, so that
 * options_fini is always right. */
int options_parse(struct options *options, int argc, char **argv, struct error *error);
/* --request's value alone: sets method, target and request_line. 0, or -1 with `error`. */
int options_parse_request(struct options *options, const char *text, struct error *error);
void options_fini(struct options *options);
/* Say what getopt_long, with ":" first, has stopped at: `option` is what it returned, `argument`
 * the word. Returns -1 with `error` (EXIT_STATUS_USAGE). */
int options_refuse(int option, const char *argument, struct error *error);
/* --script where there is no screen: -1 with `error`. */
int options_refuse_script(struct error *error);
/* --format: 0, or -1 with `error`. */
int options_parse_format(struct options *options, const char *text, struct error *error);
/* Once all is read: where no format was given, it is that of the file's name. */
void options_settle_format(struct options *options);
/* Once it is known that the command is COMMAND_BATCH: are the requests enough to tell leaks, where
 * --fail-on asks for them? Sets how many where -n does not. 0, or -1 with `error`. */
int options_settle_requests(struct options *options, struct error *error);
/* A number from `min` to `max`, the value of `option` ("--precision"): 0, or -1 with `error`. */
int options_parse_number(const char *text, unsigned long min, unsigned long max, const char *option,
                         unsigned long *value, struct error *error);
/* --record-limit: a size. 0, or -1 with `error`. */
int options_parse_record_limit(struct options *options, const char *text, struct error *error);
/* --heap: "on" or "off". 0, or -1 with `error`. */
int options_parse_heap(struct options *options, const char *text, struct error *error);
/* One more value of an option that can be given several times: the list grows. */
void options_append(const char ***list, size_t *count, const char *value);
/* The text of --help. */
const char *options_help(void);

#endif
