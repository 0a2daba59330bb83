/*
 * The worker's end of wire/question.h: questions of the host, which are taken by whichever thread
 * looks first. Who looks: the event loop, between two turns of it (the selector); a thread that
 * begins a line, and one that is stopped (worker/stop.h), where the host has set CONTROL_QUESTION.
 */
#ifndef WORKER_QUESTIONS_H
#define WORKER_QUESTIONS_H

#include <stdbool.h>
#include <uv.h>

/* Questions come on the socket `fd` (ours from now on); -1: none do. With a loop they wake it. Main
 * thread, once. */
void questions_open(uv_loop_t *loop, int fd);
/* Run `loop`, where there was one, until its handle is gone. Main thread. */
void questions_close(void);
/* In a child made by fork, after uv_loop_fork: they are the parent's. */
void questions_after_fork(void);

/* True while there is something for questions_look. The loop's thread; needs no interpreter lock.
 */
bool questions_pending(void);
/* Take what is there. Under the interpreter lock, any thread. Runs no Python. */
void questions_look(void);

#endif
