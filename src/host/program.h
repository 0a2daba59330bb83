/*
 * A program that is run to its end under a worker, and its model: one function, "__main__", and one
 * invocation of it. No app, no HTTP. The loop's thread.
 */
#ifndef HOST_PROGRAM_H
#define HOST_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/error.h"
#include "host/run_options.h"
#include "model/model.h"
#include "model/series.h"

struct program;
struct stepper;

struct program_setup {
    uv_loop_t *loop;
    const struct run_options *options; /* borrowed until the program is freed */
    /* It has this process's standard streams, and is of its process group; else what it says goes
     * to the model's output. */
    bool inherits;
    const struct buf *input; /* the script where it came by standard input; borrowed likewise */
    const int *ignored;      /* signals that it is to ignore; 0 ends them; borrowed likewise */
    bool attended; /* somebody gives orders to program_stepper() before the first line runs */
    void *context;
    /* A call of a decorated function is over: "module.name". May be NULL. */
    void (*called)(void *context, const char *name, const struct series_span *span);
    /* It is over, and the model has all of it. */
    void (*ended)(void *context);
};

/* Start it. NULL with `error`: no Python, no worker. */
struct program *program_open(const struct program_setup *setup, struct error *error);
/* The program's; it lives as long. */
struct model *program_model(const struct program *program);
/* What stops its threads and lets them go on. */
struct stepper *program_stepper(const struct program *program);
/* Ask who holds what the line has alive; the answer comes into the model's `holders`. */
void program_ask_holders(struct program *program, uint32_t file, uint32_t line);
/* It is not wanted any more. */
void program_stop_holders(struct program *program);
/* Count what is alive by line and type, for the mark or to compare it with that; the answer comes
 * into the model's `live`. The program's garbage is left to itself. */
void program_count_alive(struct program *program, bool is_mark);
/* It is not wanted any more. */
void program_stop_counting(struct program *program);
/* Its invocation, and the model's. */
const struct invocation *program_invocation(const struct program *program);
bool program_is_over(const struct program *program);
/* How it ended: its exit status, or 128 + signal. */
int program_status(const struct program *program);
void program_signal(struct program *program, int signal);
/* End it, if it still runs, as Ctrl-C does, and then less politely. It is over when the loop has
 * run on. */
void program_close(struct program *program);
/* When the loop has closed all handles. NULL is fine. */
void program_free(struct program *program);

#endif
