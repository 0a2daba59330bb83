"""One measurement: the time of a loop's lines, in this process. The bench runs it plainly, under a
trace function that does nothing, under memory_profiler, and in pymemtop's worker.

The environment says what to do (a script in the worker has no arguments):
    BENCH_CASE=light|heavy BENCH_MODE=plain|noop|memory_profiler|pymemtop BENCH_LINES=N
Prints nanoseconds per line event.
"""
import os
import sys
import time

TABLE = list(range(64))


class Point:
    pass


POINT = Point()
POINT.z = 3


def light(turns):
    a = 0
    i = 0
    while i < turns:
        a = i
        b = a
        c = b
        d = c
        e = d
        f = e
        i = i + 1
    return f


def heavy(turns):
    a = 0
    i = 0
    while i < turns:
        a = TABLE[i & 31] + TABLE[(i + 1) & 31] * POINT.z
        b = (a + i) * 3 - (a - i) // 2
        c = [a, b, i]
        d = {"a": a, "b": b}
        e = len(c) + len(d)
        f = (a, b, c, d, e)
        i = i + 1
    return f


LINES_PER_TURN = 8


def wrapped(function, mode):
    if mode == "memory_profiler":
        import memory_profiler
        return memory_profiler.LineProfiler()(function)
    if mode == "noop":
        import noop_trace

        def call(turns):
            noop_trace.start()
            try:
                return function(turns)
            finally:
                noop_trace.stop()
        return call
    return function


def measure():
    mode = os.environ["BENCH_MODE"]
    turns = int(os.environ["BENCH_LINES"]) // LINES_PER_TURN
    function = wrapped(globals()[os.environ["BENCH_CASE"]], mode)
    function(100)  # warm
    start = time.thread_time_ns()
    function(turns)
    elapsed = time.thread_time_ns() - start
    print(elapsed / (turns * LINES_PER_TURN))


measure()
sys.stdout.flush()
