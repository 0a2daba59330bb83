/*
 * The host's side of wire/control.h: breakpoints and orders on their way to the worker, stops on
 * their way to the model. Nothing that the worker writes is trusted: it is copied once, checked and
 * cut before it is used.
 *
 * One stepper outlives its workers: the breakpoints are the model's, and go with their lines to the
 * next worker. Nobody is stopped unless somebody attends. The loop's thread; nothing here waits.
 */
#ifndef HOST_STEPPER_H
#define HOST_STEPPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "host/drain.h"
#include "model/model.h"
#include "wire/segment.h"

struct stepper;

struct stepper_ops {
    void *context;
    /* Bring the model's numbers up to date: a thread was stopped. */
    void (*refresh)(void *context);
    /* Somebody is stopped, or goes on: model->stop says so. */
    void (*changed)(void *context);
};

/* For `model` and the `drain` that fills it (both borrowed). */
struct stepper *stepper_new(struct model *model, struct drain *drain,
                            const struct stepper_ops *ops);
/* NULL is fine. */
void stepper_free(struct stepper *stepper);

/* There is somebody to give orders, from now on or no longer; then who is stopped goes on. */
void stepper_attend(struct stepper *stepper, bool attended);
/* A worker was spawned, and writes to `segment` (borrowed until stepper_detach). The breakpoints
 * are brought to the lines that their files have on disk now, and handed to it. */
void stepper_attach(struct stepper *stepper, struct segment *segment);
/* The worker is about to be told to end: who is stopped goes on, and nobody is stopped any more. */
void stepper_release(struct stepper *stepper);
/* The worker is gone. Nothing where none is attached. */
void stepper_detach(struct stepper *stepper);
/* The worker says that stop.serial has changed. */
void stepper_hear(struct stepper *stepper);
/* From time to time: what the worker does not say by itself. */
void stepper_tick(struct stepper *stepper, uint64_t now_ns);

/* All below: 0, or -1 with `error` (EXIT_STATUS_USAGE) in words for the screen. */

/* Stop whoever begins the next line, or with false no longer. Moves that are kept are forgotten. */
int stepper_await(struct stepper *stepper, bool await, struct error *error);
/* Let who is stopped go on by `move` (all but CONTROL_EVALUATE). While a move is under way, the
 * next ones are kept for when it is done. */
int stepper_move(struct stepper *stepper, enum control_move move, uint64_t now_ns,
                 struct error *error);
/* Go on to a line of the model's `file`, or to whatever stops somebody before that. */
int stepper_run_to(struct stepper *stepper, uint32_t file, uint32_t line, uint64_t now_ns,
                   struct error *error);
/* Evaluate Python in the frame that is stopped; the answer is part of model->stop. */
int stepper_evaluate(struct stepper *stepper, const char *expression, struct error *error);
/* Raise KeyboardInterrupt in what is being evaluated; the answer comes when that has ended. */
int stepper_break_off(struct stepper *stepper, struct error *error);
/* Set a breakpoint with a condition ("" for none) on a line of the model's `file`, or give the one
 * that is there another condition. */
int stepper_set(struct stepper *stepper, uint32_t file, uint32_t line, const char *condition,
                struct error *error);
/* Give breakpoint `number` another condition. */
int stepper_set_condition(struct stepper *stepper, uint32_t number, const char *condition,
                          struct error *error);
/* Remove it, if it is there. */
void stepper_remove(struct stepper *stepper, uint32_t number);

#endif
