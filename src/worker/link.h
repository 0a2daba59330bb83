/*
 * The worker's end of the socketpair to the host (wire/frame.h has the messages).
 *
 * Frames come in on the libuv loop and are handed to Python by the selector, between two turns of
 * the event loop. Frames go out from any thread, at once, also while the loop's thread is busy.
 *
 * When the host is gone the worker has to go too. The end of the stream is handed to Python as a
 * SHUTDOWN frame; a thread that does nothing else sees it as well, and ends the process some
 * seconds later where Python has not.
 */
#ifndef WORKER_LINK_H
#define WORKER_LINK_H

#include <Python.h>
#include <stdbool.h>
#include <uv.h>

#include "base/error.h"

/* Seconds that the worker's Python has for its own end once the host is gone. */
#define LINK_GRACE_SECONDS 5
/* Exit status of a worker that did not end by itself in that time. */
#define LINK_LOST_STATUS 70

/* Read frames from the socket `fd` (owned by the link from now on, also on failure) on `loop`. A
 * worker without a host never calls this; nothing comes in then, and send() raises. 0, or -1 with
 * `error` filled in. Main thread, once. */
int link_open(uv_loop_t *loop, int fd, struct error *error);
/* Stop reading and close the socket; runs `loop` until its handle is gone. Main thread. */
void link_close(void);
/* Add `send`, `set_inbox` and `exit_within` to `module`. 0, or -1 with an exception. */
int link_add(PyObject *module);

/* True while there is something for link_deliver. The loop's thread; needs no interpreter lock. */
bool link_pending(void);
/* Hand every whole frame to the inbox. Under the interpreter lock, on the loop's thread, outside
 * uv_run. What the inbox raises is reported on stderr and goes no further. */
void link_deliver(void);
/* In a child made by fork, after uv_loop_fork: close the socket, which is the parent's. */
void link_after_fork(void);

/* End the process in `seconds` with LINK_LOST_STATUS, whatever Python does until then: by a thread
 * or, where none can be started, by SIGALRM. Any thread. */
void link_exit_within(unsigned seconds);

#endif
