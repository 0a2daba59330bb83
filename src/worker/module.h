/*
 * The builtin module `_pymemtop`: what the worker's C offers to the Python that is built into it.
 * The app's code has no business with it.
 *
 *   Selector                          uvselector.h
 *   send, set_inbox, exit_within      link.h
 *   begin, end, load_begin, load_end  tracer.h
 *   heap_bytes()                      what is allocated now, heap.h
 *   heap_stop()                       nothing is counted any more, python_heap.h
 *   rss_bytes()                       rss.h
 *   process_bytes(), children()       of any process, base/process.h
 *   Recorder, recorder                recorder.h
 *   own_begin(), own_end()            own.h
 *   stop_next(), can_stop             stop.h
 *   log_reports, real_memory_profiler options of the worker, 0 or 1
 *   source(name)                      a Python source that is built in, embedded.h
 *   after_fork()                      to be called in a child made by fork
 *   LOAD, INVOKE, ...                 the types of wire/frame.h
 */
#ifndef WORKER_MODULE_H
#define WORKER_MODULE_H

#include <Python.h>
#include <stdbool.h>

/* What the Python that is built in has to know of the command line. */
struct module_options {
    bool log_reports;          /* each invocation logs the tables of its functions */
    bool real_memory_profiler; /* there is no stand-in */
};

/* Before module_init. */
void module_set_options(const struct module_options *options);
/* For PyImport_AppendInittab("_pymemtop", module_init): the module, or NULL with an exception. The
 * selector runs uv_default_loop(). */
PyObject *module_init(void);

#endif
