/*
 * One callback of an asyncio event loop, as the event sources see it: a frame of
 * asyncio.Handle._run, whose handle has the context that says for whom the loop works.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_LOOP_STEP_H
#define WORKER_LOOP_STEP_H

#include <Python.h>

/* Declare the code of asyncio.Handle._run a CODE_LOOP_STEP, where asyncio has been imported. 0, or
 * -1 with an exception. */
int loop_step_mark(void);
/* `handle` (borrowed, NULL is fine) is about to be run, in `frame`, which is only compared. */
void loop_step_begin(const void *frame, PyObject *handle);

#endif
