/*
 * What is alive of a line, by type, and who holds it: the worker's side of FRAME_HOLDERS.
 *
 * The question is answered by a child that is forked for it, under the interpreter lock, and walks
 * a picture of the program's memory that nobody changes: breadth first by tp_traverse from the
 * modules and the threads' frames, so that each object is found by its shortest chain. The child
 * makes no object, counts no reference, runs no code of the program, writes to memory of its own
 * alone, and ends by _exit; the program goes on meanwhile. It sends no SIGCHLD, and no wait() of
 * the program's finds it.
 *
 * Thread: holders_ask under the interpreter lock, on the loop's thread; the answer is sent from
 * the loop, which needs no lock.
 */
#ifndef WORKER_HOLDERS_H
#define WORKER_HOLDERS_H

#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum { HOLDERS_QUESTIONS = 16 };

/* A line that is asked about. */
struct holders_question {
    const char *path; /* borrowed; path_len bytes */
    size_t path_len;
    uint32_t line;
};

/* A thread, as it was when the child was forked. */
struct holders_root {
    PyThreadState *state;
};

/* A frame FRAME_HOLDERS has come, with this body (wire/frame.h). The answer is sent by the link. A
 * new question ends the one before, without an answer. */
void holders_ask(uv_loop_t *loop, const char *body, size_t len);
/* End the child, if there is one. */
void holders_close(void);

#endif
