/*
 * What recorders (recorder.h) measure by that were asked for another meter than the worker's: each
 * meter of rss.h, with or without the memory of child processes, by a number. While a call is
 * recorded by one it is read at every event of the tracer, beside the RSS, and what has changed
 * goes to the lines of the thread that finds it. Whose doing it was cannot be seen as with the RSS:
 * what other threads do at the same time is in it.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_METERS_H
#define WORKER_METERS_H

#include <Python.h>
#include <stdint.h>

#include "worker/thread.h"

/* The worker's meter, which the ledger reads (ledger.h); it is in use always. */
#define METERS_WORKERS 0u

/* Those in use, a bit for each number. */
extern unsigned meters_open;

/* True for a number that meter() has given out. */
bool meters_is_one(unsigned meter);
/* A recorder measures by it from now on, and no more. */
void meters_take(unsigned meter);
void meters_give_back(unsigned meter);
/* Read those in use, and have what changed go to the lines of `thread`, the calling one. */
void meters_settle(const struct thread *thread);
/* The latest reading of one in use; of METERS_WORKERS it is `rss_bytes`. */
int64_t meters_bytes(unsigned meter, int64_t rss_bytes);

/* Add meter() and meter_bytes() to `module`. 0, or -1 with an exception. */
int meters_add_functions(PyObject *module);

#endif
