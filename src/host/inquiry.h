/*
 * Asking the worker who holds what lines have alive, one question at a time: about a line that the
 * user wants to know of (model.holders), or about all that leak (model.evidence). What the user
 * asks goes first; the other question waits, and is then asked again.
 *
 * A worker that says nothing for INQUIRY_PATIENCE_MS is not waited for any longer: nobody in it
 * takes the question, since neither its event loop nor a line of the program comes to run.
 *
 * The worker is reached by a function, so that all this can be tested without one.
 */
#ifndef HOST_INQUIRY_H
#define HOST_INQUIRY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

enum { INQUIRY_PATIENCE_MS = 30000 };

struct inquiry_ops {
    void *context;
    /* Why nothing can be asked now, one line; NULL where it can. */
    const char *(*hindrance)(void *context);
    /* Ask QUESTION_HOLDERS with that body, instead of what was asked before: 0 or a negative errno.
     */
    int (*send)(void *context, const void *body, size_t len);
    /* What was asked is not wanted any more. */
    void (*drop)(void *context);
};

/* Hears that the evidence is in, or that there will be none. */
typedef void inquiry_done(void *context);

enum inquiry_about { INQUIRY_NOTHING, INQUIRY_LINE, INQUIRY_LEAKS };

struct inquiry {
    struct inquiry_ops ops;
    struct model *model; /* borrowed */
    enum inquiry_about about;
    struct inquiry_line {
        uint32_t file, line;
    } lines[HOLDERS_LINES]; /* that are asked about */
    size_t count;
    uint64_t heard_ns;  /* when the worker has said something, or was asked */
    uint64_t asked_ns;  /* when the leaks were asked about; */
    uint64_t ready_ns;  /* not before that by inquiry_watch */
    bool leaks_wait;    /* they are to be asked about once the line's answer is in */
    inquiry_done *done; /* who waits for the evidence, or NULL */
    void *done_context;
};

void inquiry_init(struct inquiry *inquiry, const struct inquiry_ops *ops, struct model *model);
/* Ask about a line: model.holders is HOLDERS_ASKED from now on, or HOLDERS_FAILED with a reason. */
void inquiry_ask_line(struct inquiry *inquiry, uint32_t file, uint32_t line, uint64_t now_ns);
/* What was asked about a line is not wanted any more: model.holders is HOLDERS_NONE. */
void inquiry_stop(struct inquiry *inquiry, uint64_t now_ns);
/* Ask about the lines that leak for certain. `done` (may be NULL) is called once, later; false
 * where nothing is asked, since none leaks, somebody waits for it already or the worker cannot be
 * reached: it is not called then. */
bool inquiry_ask_leaks(struct inquiry *inquiry, inquiry_done *done, void *context, uint64_t now_ns);
/* There is no answer to be had, `why` (one line): what is asked fails. */
void inquiry_fail(struct inquiry *inquiry, const char *why, uint64_t now_ns);
/* The worker's child has said something (asking.h). */
void inquiry_told(struct inquiry *inquiry, const json_t *told, uint64_t now_ns);
/* Ask about the lines that leak where nothing is known of one of them yet, and such questions do
 * not take too much of the time. */
void inquiry_watch(struct inquiry *inquiry, uint64_t now_ns);
/* Time passes. */
void inquiry_tick(struct inquiry *inquiry, uint64_t now_ns);

#endif
