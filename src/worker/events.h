/*
 * How this Python version tells that frames are entered, begin a line, and are left. One
 * implementation for each mechanism: events_settrace.c for the versions up to 3.11.
 */
#ifndef WORKER_EVENTS_H
#define WORKER_EVENTS_H

/* Report the events of profiled frames to the tracer, in all threads, from now on. Needs
 * code_open and tracer_open first. 0, or -1 with an exception. */
int events_start(void);
/* Report none any more; called before the interpreter is finalised. */
void events_stop(void);

#endif
