/* A model as it would be after a minute of work: two files, twelve invocations and one that runs,
 * output with everything that a terminal must not be shown as it is. The same every time. */
#ifndef GOLDEN_FIXTURE_H
#define GOLDEN_FIXTURE_H

#include "model/model.h"

/* When it is, on the monotonic and on the real-time clock. */
#define FIXTURE_NOW_NS      100000000000ULL
#define FIXTURE_REALTIME_NS 1700000000000000000ULL

/* The app at work. */
struct model *fixture_busy(void);
/* The same with more leaks: one every third request, one of the app's own threads, and one that is
 * only suspected. */
struct model *fixture_leaks(void);
/* The app at work, before anything can be said of leaks, */
struct model *fixture_leaks_early(void);
/* and after, where there is none. */
struct model *fixture_leaks_none(void);
/* The same, in 91 % of a plan's memory. */
struct model *fixture_limited(void);
/* The app at work, with nothing counted but the RSS, */
struct model *fixture_heap_off(void);
/* and with Python's heap alone. */
struct model *fixture_no_native(void);
/* The same, in 97 % of a limit that is no plan's. */
struct model *fixture_full(void);
/* The app at work in a limit, where RSS is read at every line and is not exact. */
struct model *fixture_polled(void);
/* An app of several functions, of which the command line named none: three are triggered by
 * something else than HTTP, and one could not be loaded. Loaded, and nothing has run. */
struct model *fixture_shop_loaded(void);
/* The same after some invocations, one of which runs. */
struct model *fixture_shop(void);
/* The worker is being started: nothing is known. */
struct model *fixture_starting(void);
/* The function's module raised when it was imported. */
struct model *fixture_load_failed(void);
/* The worker was killed under an invocation, and the source was edited since. */
struct model *fixture_dead(void);
/* The app at work, though its files no longer make an app. */
struct model *fixture_not_reloaded(void);
/* The worker that came after that one: it is ready, and has answered. */
struct model *fixture_restarted(void);
/* The app of several functions; the one whose source is there could not be loaded again. */
struct model *fixture_shop_broken(void);
/* A program that is run by itself, measured by its USS, and */
struct model *fixture_program(void);
/* after its end with a status that is not 0. */
struct model *fixture_program_ended(void);
/* One that has ended before a line of it ran. */
struct model *fixture_program_unable(void);
/* The source was saved, and a second worker runs it: the first function has become shorter. */
struct model *fixture_reloaded(void);
/* The app at work, with breakpoints: one has a condition, one has lost its line. */
struct model *fixture_breakpoints(void);
/* A thread is stopped by one of them; the event loop is held. */
struct model *fixture_paused(void);
/* And something was evaluated there. */
struct model *fixture_answered(void);

/* The leaks, and who holds what line 27 has alive: many types and chains, */
struct model *fixture_holders(void);
/* one of each, and something is missing in it, */
struct model *fixture_holders_few(void);
/* looked for still, */
struct model *fixture_holders_asked(void);
/* not to be known, and */
struct model *fixture_holders_failed(void);
/* nothing alive. In a file of their own, as the next one. */
struct model *fixture_holders_none(void);
/* The leaks, with the holders of one of them as evidence. */
struct model *fixture_evidence(void);

/* The leaks, with what was alive at a mark, and after 8 more invocations, */
struct model *fixture_live(void);
/* with the mark alone, */
struct model *fixture_marked(void);
/* while that is counted again, and */
struct model *fixture_live_asked(void);
/* after the worker with the mark is gone. */
struct model *fixture_live_lost(void);

/* Logs of a deployed app with two instances, of which one grows; not all of them can be read. In a
 * file of its own, for it needs the importer. */
struct model *fixture_imported(void);

#endif
