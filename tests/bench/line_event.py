"""One measurement: the time of a piece of work, in this process. The bench runs it in pymemtop's
worker: plainly, under a trace function that does nothing, under memory_profiler, and traced.

The environment says what to do:
    BENCH_MODE=plain|noop|memory_profiler|pymemtop
    BENCH_CASE=light|heavy              loops in this file, which is profiled: BENCH_TURNS lines
    BENCH_CASE=loop|recursion|mixed     work in unprofiled.py, called from here: BENCH_TURNS turns
Prints nanoseconds of processor time per line or turn.
"""
import os
import sys
import time

import unprofiled

TABLE = list(range(64))


class Point:
    pass


POINT = Point()
POINT.z = 3


def light(lines):
    turns = lines // 8
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
    return i * 8 + (f is None)


def heavy(lines):
    turns = lines // 8
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
    return i * 8 + (f is None)


def loop(turns):
    done = unprofiled.loop(turns)
    return done


def recursion(turns):
    done = unprofiled.recursion(turns)
    return done


def mixed(turns):
    done = unprofiled.mixed(turns)
    return done


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
    function = wrapped(globals()[os.environ["BENCH_CASE"]], os.environ["BENCH_MODE"])
    function(100)  # warm
    start = time.thread_time_ns()
    done = function(int(os.environ["BENCH_TURNS"]))
    print((time.thread_time_ns() - start) / done)


measure()
sys.stdout.flush()
