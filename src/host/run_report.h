/* What `pymemtop run` writes when the program is over: its report, or a data file of mprof. */
#ifndef HOST_RUN_REPORT_H
#define HOST_RUN_REPORT_H

#include "base/error.h"
#include "host/run_options.h"
#include "model/model.h"

struct run_report {
    const struct run_options *options; /* borrowed */
    int fd;          /* of -o, which a table is appended to; -1: standard output */
    char *folder;    /* owned or NULL; of --format mprof: where it is recorded, */
    char *recording; /* owned or NULL; and the file */
};

/* Before the program runs: find out whether what is to be written can be. 0, or -1 with `error`. */
int run_report_open(struct run_report *report, const struct run_options *options,
                    struct error *error);
/* Where the recorder is to write; NULL: nothing is recorded. */
const char *run_report_recording(const struct run_report *report);
/* The program is over, and the recording closed. `succeeded`: with status 0; then it is said where
 * a table would be empty. 0, or -1 with `error`. */
int run_report_write(const struct run_report *report, const struct model *model, bool succeeded,
                     struct error *error);
/* Also after a run_report_open that failed. */
void run_report_close(struct run_report *report);

#endif
