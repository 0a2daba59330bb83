/*
 * One question to a worker (wire/question.h) and its answer: a pipe whose other end goes with the
 * question, and the child that writes to it, which is this process's own to end and to wait for.
 *
 *   asking_init, then asking_ask and asking_drop as often as wanted; asking_drop before the end
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
typedef int asking_send(void *context, enum question_kind kind, const void *body, size_t len,
                        int answer_fd);
/* What the child says: {"percent": n}, and at last the answer, or {"problem": sentence}, with
 * "percent" 100. Borrowed. It may ask again. */
typedef void asking_told(void *context, const json_t *told);

struct asking_pipe;

struct asking {
    uv_loop_t *loop; /* borrowed */
    asking_send *send;
    void *send_context;
    asking_told *told;
    void *told_context;
    struct asking_pipe *pipe; /* of the question that has no answer yet, or NULL; owned */
};

/* Ask, and forget what was asked before. 0 or a negative errno; then nothing is asked. */
int asking_ask(struct asking *asking, enum question_kind kind, const void *body,
               size_t len) ATTR_CHECKED;
/* Forget what was asked, and end who looks for the answer. The loop has to run to be rid of its
 * handle. */
void asking_drop(struct asking *asking);

#endif
