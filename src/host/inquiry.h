/*
 * Asking the worker what only its memory knows, one question at a time: who holds what a line has
 * alive, of which the user wants to know (model.holders), or what all that leak have
 * (model.evidence); and how much is alive by line and type (model.live), after what nobody wants
 * any more was collected. What the user asks goes first, the latest in the place of the one before;
 * the question about leaks waits, and is then asked again.
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

enum {
    INQUIRY_PATIENCE_MS = 30000,
    INQUIRY_COLLECT_MS = 3000, /* a collection that has not begun by then is not waited for */
};

/* Hears that what was asked for is over, well or badly. */
typedef void inquiry_done(void *context);

struct inquiry_ops {
    void *context;
    /* Why nothing can be asked now, one line; NULL where it can. */
    const char *(*hindrance)(void *context);
    /* Ask QUESTION_HOLDERS with that body, instead of what was asked before: 0 or a negative errno.
     */
    int (*send)(void *context, const void *body, size_t len);
    /* Ask QUESTION_CENSUS, likewise. */
    int (*send_census)(void *context);
    /* What was asked is not wanted any more. */
    void (*drop)(void *context);
    /* Have the garbage collected, then call `done`, once, later; false where that is not to be had,
     * and `done` is not called. */
    bool (*collect)(void *context, inquiry_done *done, void *done_context);
    /* Bring the model up to date: an answer is going to name its files. */
    void (*refresh)(void *context);
};

enum inquiry_about { INQUIRY_NOTHING, INQUIRY_LINE, INQUIRY_LEAKS, INQUIRY_CENSUS };

struct inquiry {
    struct inquiry_ops ops;
    struct model *model; /* borrowed */
    enum inquiry_about about;
    struct inquiry_line {
        uint32_t file, line;
    } lines[HOLDERS_LINES]; /* that are asked about */
    size_t count;
    struct inquiry_line
        waiting[HOLDERS_EVIDENCE]; /* lines that leak, and are still to be asked about */
    size_t waiting_count;
    uint64_t heard_ns;        /* when the worker has said something, or was asked */
    bool is_collecting;       /* whatever it is about by now, the end of that is still to come */
    bool is_sent;             /* the census is; before that garbage is collected */
    struct live_census taken; /* when that was, and after how many invocations */
    uint64_t asked_ns;        /* when the leaks were asked about; */
    uint64_t ready_ns;        /* not before that by inquiry_watch */
    bool leaks_wait;          /* they are to be asked about once the line's answer is in */
    inquiry_done *done;       /* who waits for the evidence, or NULL */
    void *done_context;
};

void inquiry_init(struct inquiry *inquiry, const struct inquiry_ops *ops, struct model *model);
/* Ask about a line: model.holders is HOLDERS_ASKED from now on, or HOLDERS_FAILED with a reason. */
void inquiry_ask_line(struct inquiry *inquiry, uint32_t file, uint32_t line, uint64_t now_ns);
/* What was asked about a line is not wanted any more: model.holders is HOLDERS_NONE. */
void inquiry_stop(struct inquiry *inquiry, uint64_t now_ns);
/* Count what is alive, for the mark or to compare it with that: model.live is LIVE_ASKED from now
 * on, or LIVE_FAILED with a reason. */
void inquiry_ask_census(struct inquiry *inquiry, bool is_mark, uint64_t now_ns);
/* That is not wanted any more. */
void inquiry_stop_census(struct inquiry *inquiry, uint64_t now_ns);
/* Ask about the lines that leak for certain. `done` (may be NULL) is called once, later; false
 * where nothing is asked, since none leaks, somebody waits for it already or the worker cannot be
 * reached: it is not called then. */
bool inquiry_ask_leaks(struct inquiry *inquiry, inquiry_done *done, void *context, uint64_t now_ns);
/* There is no answer to be had, `why` (one line): what is asked fails. */
void inquiry_fail(struct inquiry *inquiry, const char *why, uint64_t now_ns);
/* The worker's child has said something (asking.h). */
void inquiry_told(struct inquiry *inquiry, const json_t *told, uint64_t now_ns);
/* The worker is gone, `why`: what is asked fails, and the mark is lost. */
void inquiry_worker_gone(struct inquiry *inquiry, const char *why, uint64_t now_ns);
/* Another worker has begun: what was told of the one before is not true of it. */
void inquiry_worker_new(struct inquiry *inquiry);
/* Ask about the lines that leak where nothing is known of one of them yet, or what was known of a
 * limit that holds it is of before its newest invocations; and such questions do not take too much
 * of the time. */
void inquiry_watch(struct inquiry *inquiry, uint64_t now_ns);
/* Time passes. */
void inquiry_tick(struct inquiry *inquiry, uint64_t now_ns);

#endif
