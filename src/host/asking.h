/*
 * One question to a worker (wire/question.h) and its answer: a pipe whose other end goes with the
 * question, and the child that writes to it, which is this process's own to end and to wait for.
 *
 * Fill in a struct asking; then asking_ask and asking_drop as often as wanted, asking_reap now and
 * then, and asking_end before the loop ends.
 *
 * Loop's thread.
 */
#ifndef HOST_ASKING_H
#define HOST_ASKING_H

#include <jansson.h>
#include <stddef.h>
#include <sys/types.h>
#include <uv.h>

#include "base/attributes.h"
#include "wire/question.h"

/* What can be sent by: supervisor_ask() with its supervisor. 0 or a negative errno. */
typedef int asking_send(void *context, const struct question *question);
/* What the child says: {"percent": n}, and at last the answer, or {"problem": sentence}, with
 * "percent" 100. Borrowed. It may ask again. */
typedef void asking_told(void *context, const json_t *told);

struct asking_pipe;

enum { ASKING_CHILDREN = 16 };

struct asking {
    uv_loop_t *loop;       /* borrowed */
    const int *worker_pid; /* borrowed; a child that is none of ours; NULL: there is no such */
    asking_send *send;
    void *send_context;
    asking_told *told;
    void *told_context;
    struct asking_pipe *pipe;     /* of the question that has no answer yet, or NULL; owned */
    pid_t ended[ASKING_CHILDREN]; /* children that have to be waited for: giving back the memory of
                                     a large program takes them a while; 0: a free place */
};

/* Ask, and forget what was asked before; the question's answer_fd is not read. 0 or a negative
 * errno; then nothing is asked. */
int asking_ask(struct asking *asking, const struct question *question) ATTR_CHECKED;
/* Forget what was asked, and end who looks for the answer. The loop has to run to be rid of its
 * handle. */
void asking_drop(struct asking *asking);
/* Wait for those children that have ended; from time to time. */
void asking_reap(struct asking *asking);
/* asking_drop, and wait for all children. */
void asking_end(struct asking *asking);

#endif
