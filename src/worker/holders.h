/*
 * What is alive of a line, by type, and who holds it: the worker's side of QUESTION_HOLDERS, and of
 * QUESTION_CENSUS (holders_census.h).
 *
 * The question is answered by a child that is forked for it, under the interpreter lock, and walks
 * a picture of the program's memory that nobody changes: breadth first by tp_traverse from the
 * modules and the threads' frames, so that each object is found by its shortest chain. The child
 * makes no object, counts no reference, runs no code of the program, writes to memory of its own
 * alone, and ends by _exit; the program goes on meanwhile. It is no child of the program's: that
 * gets no SIGCHLD of it, and no wait() finds it.
 *
 * Thread: under the interpreter lock, any.
 */
#ifndef WORKER_HOLDERS_H
#define WORKER_HOLDERS_H

#include <Python.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/question.h"

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

/* Answer QUESTION_HOLDERS or QUESTION_CENSUS (wire/question.h) by a child that writes to its pipe,
 * which stays the caller's. */
void holders_answer(const struct question *question);

#endif
