"""What stays of an invocation though nobody wants it any more, and no program can do anything about:
it goes before what is alive is looked at, else it would be taken for a leak of the line that was
running. Each of it Python would let go of by itself, only later."""

import gc
import heapq
import sys

# As they are before the app may put something in their place.
run_collector = gc.collect
clear_caches = getattr(sys, "_clear_internal_caches", None) or sys._clear_type_cache


def is_wanted():
    """Does the program collect at all? Where it does not, its cycles stay in production, too."""
    return gc.isenabled() and gc.get_threshold()[0] > 0


def drop_cancelled_timers(loop):
    """A timer that was cancelled stays in the loop while an earlier one runs, or until there are a
    hundred: every request with a time limit leaves one. This is what BaseEventLoop._run_once does
    then."""
    scheduled = getattr(loop, "_scheduled", None)
    if not isinstance(scheduled, list) or not hasattr(loop, "_timer_cancelled_count"):
        return
    kept = []
    for handle in scheduled:
        if handle.cancelled():
            handle._scheduled = False
        else:
            kept.append(handle)
    heapq.heapify(kept)
    loop._scheduled = kept
    loop._timer_cancelled_count = 0


def remove(loop):
    """Cycles, cancelled timers, and the cache of types' attributes, which has a reference to each name
    that was looked up; C code makes some of these anew each time. True where cycles went, too."""
    drop_cancelled_timers(loop)
    clear_caches()
    wanted = is_wanted()
    if wanted:
        run_collector()
    return wanted
