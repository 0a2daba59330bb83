"""One measurement: the time of a piece of work, in this process. The bench runs it in pymemtop's
worker: plainly, under a trace function that does nothing, under memory_profiler, and traced.

The environment says what to do:
    BENCH_MODE=plain|noop|memory_profiler|pymemtop
    BENCH_CASE=light|heavy              loops in this file, which is profiled: BENCH_TURNS lines
    BENCH_CASE=loop|recursion|mixed     work in unprofiled.py, called from here: BENCH_TURNS turns
    BENCH_CASE=calls|generator|awaits|tasks   frames of profiled code: BENCH_TURNS of a call, of a
                                        generator's value, of three coroutines that await each
                                        other, of the same where the innermost waits for the loop
Prints nanoseconds of processor time per line or turn.
"""
import asyncio
import os
import sys
import time

import unprofiled

TABLE = list(range(64))


class Point:
    pass


POINT = Point()
POINT.z = 3
TASKS = 10


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


def small(value):
    return value


def calls(turns):
    for turn in range(turns):
        small(turn)
    return turns


def values(turns):
    for turn in range(turns):
        yield turn


def generator(turns):
    for value in values(turns):
        pass
    return turns


async def innermost(waits):
    if waits:
        await asyncio.sleep(0)


async def middle(waits):
    await innermost(waits)


async def outermost(waits):
    await middle(waits)


async def await_many(turns, waits):
    for _ in range(turns):
        await outermost(waits)


def awaits(turns):
    try:
        await_many(turns, False).send(None)
    except StopIteration:
        return turns


async def several(turns):
    await asyncio.gather(*[await_many(turns // TASKS, True) for _ in range(TASKS)])
    return turns // TASKS * TASKS


def tasks(turns):
    done = asyncio.run(several(turns))
    return done


# What memory_profiler is to be told of beside the case itself.
CALLEES = {"calls": [small], "generator": [values],
           "awaits": [innermost, middle, outermost, await_many],
           "tasks": [innermost, middle, outermost, await_many, several]}


def wrapped(function, mode):
    if mode == "memory_profiler":
        import memory_profiler
        profiler = memory_profiler.LineProfiler()
        for callee in CALLEES.get(function.__name__, []):
            profiler.add_function(callee)
        return profiler(function)
    if mode == "noop":
        import noop_trace

        def call(turns):
            noop_trace.start()
            try:
                return function(turns)
            finally:
                noop_trace.stop()
        return call
    if mode == "pymemtop":
        import _pymemtop

        def call(turns):  # as an invocation, as the host has it
            token = _pymemtop.begin(1)
            try:
                return function(turns)
            finally:
                _pymemtop.end(token)
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
