"""Prints what a program can find out about itself; test_transparent.py runs it with the tracer and
without, and what is printed has to be the same. Nothing printed depends on addresses or time."""

import asyncio
import cProfile
import contextlib
import ctypes
import dis
import gc
import inspect
import io
import pickle
import sys
import threading
import traceback
import tracemalloc
import types
import warnings
import weakref


def show(*values):
    print(*values)


# ---- results and exceptions ----

def add(a, b: int = 2, *rest, c=3, **more) -> int:
    """The doc."""
    return a + b + c + len(rest) + len(more)


def count(upto):
    """A generator with everything that can happen to one."""
    got = []
    try:
        for number in range(upto):
            try:
                got.append((yield number))
            except KeyError as error:
                got.append(repr(error))
    finally:
        got.append("closed")
        SEEN.append(got)
    return got


SEEN = []


def delegate(upto):
    return (yield from count(upto))


async def wait(value):
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


async def each(upto):
    for number in range(upto):
        await asyncio.sleep(0)
        yield number


class Manager:
    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        show("exit", kind.__name__ if kind else None, trace.tb_lineno if trace else None)
        return kind is KeyError

    async def __aenter__(self):
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *exception):
        return self.__exit__(*exception)


def results():
    show(add(1), add(1, 2, 3, c=4, d=5), (lambda x: x * 2)(4), [x * x for x in range(4)])
    show({k: v for k, v in zip("ab", range(2))}, sorted([3, 1, 2], key=lambda x: -x))
    generator = delegate(5)
    show(next(generator), generator.send("sent"), generator.throw(KeyError("thrown")))
    generator.close()
    for generator in (delegate(0), delegate(2)):
        try:
            while True:
                show(next(generator))
        except StopIteration as stop:
            show("stopped with", stop.value)
    generator = count(3)
    next(generator)
    del generator
    show(SEEN)
    with Manager():
        raise KeyError
    exec(compile("def inner(x):\n    return x + 1\nshow(inner(1))", "<made>", "exec"), globals())
    show(eval("[y for y in range(3)]"))


def final(value):
    try:
        return value
    finally:
        if value == 2:
            return "finally"


def final_loop():
    for number in range(3):
        try:
            continue
        finally:
            if number == 1:
                break
    return number


async def tasks():
    show(await asyncio.gather(*(wait(n) for n in range(3))))
    show(await asyncio.gather(wait(ValueError("in a task")), return_exceptions=True))
    show([n async for n in each(3)], [n async for n in each(9) if n % 4 == 0])
    async with Manager():
        raise KeyError
    task = asyncio.ensure_future(asyncio.sleep(60))
    await asyncio.sleep(0)
    task.cancel()
    show(await asyncio.gather(task, return_exceptions=True))
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.001)
    except asyncio.TimeoutError as error:
        show("timed out", lines_of(error)[-1])
    generator = each(3)
    show(await generator.asend(None))
    try:
        await generator.athrow(ValueError("into it"))
    except ValueError as error:
        show(lines_of(error))
    await generator.aclose()
    dropped = each(2)
    show(await dropped.asend(None))


# ---- tracebacks and frames ----

def deep(depth):
    if depth == 0:
        raise ValueError(
            "at the bottom")
    deep(
        depth - 1)


def reraise():
    try:
        deep(2)
    except ValueError as error:
        raise RuntimeError("above") from error


def in_finally():
    try:
        return 1 / 0
    finally:
        show("finally")


def raise_in_generator():
    yield 1
    raise LookupError("in a generator")


def stop_in_generator():
    yield 1
    raise StopIteration


def place(code, offset):
    """The instruction at an offset. In Python 3.11 a frame that has called another stands behind
    the call's instruction or on it, by how it was called; the positions in the source are the same."""
    if hasattr(code, "co_positions") and offset >= 0:
        return list(code.co_positions())[offset // 2]
    return offset


def lines_of(error):
    """What a traceback says of each frame."""
    result, trace = [], error.__traceback__
    while trace:
        frame = trace.tb_frame
        result.append((frame.f_code.co_name, trace.tb_lineno, frame.f_lineno,
                       place(frame.f_code, trace.tb_lasti)))
        trace = trace.tb_next
    return result


def tracebacks():
    for function in (lambda: deep(3), reraise, in_finally, lambda: list(raise_in_generator()),
                     lambda: list(stop_in_generator()), lambda: add(), lambda: undefined,
                     lambda: sorted([1, 2], key=lambda x: 1 / 0),
                     lambda: eval("1 +"), lambda: exec("raise KeyError(1)"),
                     lambda: asyncio.run(wait(ValueError(1)))):
        try:
            function()
        except Exception as error:
            show(traceback.format_exc(), lines_of(error), len(traceback.extract_tb(
                error.__traceback__)))


def caller():
    return stack()


def stack():
    frame, names = sys._getframe(), []
    while frame:
        names.append((frame.f_code.co_name, frame.f_lineno, place(frame.f_code, frame.f_lasti),
                      frame.f_trace, frame.f_trace_lines, frame.f_trace_opcodes,
                      sorted(frame.f_locals)))
        if frame.f_code.co_name == "<module>":
            break
        frame = frame.f_back
    return names


def held():
    held_inside = "here"
    yield sys._getframe()
    yield held_inside


def frames():
    show(caller())
    show([(info.function, info.lineno, info.code_context, info.index)
          for info in inspect.stack()[:3]], len(inspect.stack()))
    generator = held()
    frame = next(generator)
    show(frame is generator.gi_frame, frame.f_back, frame.f_lineno, sorted(frame.f_locals))
    generator.close()
    frame.clear()
    show(frame.f_locals, generator.gi_frame)
    show(len(traceback.extract_stack()), traceback.format_stack()[-1])
    coroutine = wait(1)
    show(inspect.getcoroutinestate(coroutine), coroutine.cr_frame.f_lineno, coroutine.cr_origin)
    coroutine.close()
    show(inspect.getcoroutinestate(coroutine))


def warn(level):
    warnings.warn("look here", stacklevel=level)


def warning_lines():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn(1)
        warn(2)
        warn(3)
    show([(str(one.message), one.lineno, one.filename == __file__) for one in caught])


# ---- what functions and their code look like ----

def change():
    return "before"


def changed():
    return "after"


def code():
    gc.collect()  # of the generators that ran before none is left, with its code
    for function in (add, count, wait, each, deep, Manager.__exit__):
        show(function.__qualname__, inspect.signature(function), function.__doc__, function.__dict__)
        show(inspect.iscoroutinefunction(function), asyncio.iscoroutinefunction(function),
             inspect.isgeneratorfunction(function), inspect.isasyncgenfunction(function))
        it = function.__code__
        show(it.co_code.hex(), it.co_consts == it.replace().co_consts, it.co_stacksize, it.co_flags,
             it.co_firstlineno, it == it.replace(), hash(it) == hash(it.replace()),
             {it: 1}.get(it.replace()))
        out = io.StringIO()
        dis.dis(function, file=out)
        show("".join(line.partition("<code object")[0] for line in out.getvalue().splitlines(True)))
        show(pickle.loads(pickle.dumps(function)) is function, inspect.getsource(function))
        show(sys.getrefcount(function), sys.getrefcount(it))
        if hasattr(it, "co_lines"):
            show(list(it.co_lines()))
    change.__code__ = changed.__code__
    show(change(), changed())
    change.__code__ = change.__code__.replace(co_consts=tuple(
        "replaced" if const == "after" else const for const in change.__code__.co_consts))
    show(change(), changed())
    again = types.FunctionType(deep.__code__, {"deep": lambda n: n}, "again")
    show(again(1))
    alike = [compile("def f():\n  return 1\nf()", "same.py", "exec") for _ in range(2)]
    exec(alike[0], {})
    show(alike[0] == alike[1], hash(alike[0]) == hash(alike[1]))


# ---- memory ----

class Kept:
    pass


def die():
    here = Kept()
    reference = weakref.ref(here)
    other = here
    show(sys.getrefcount(here))
    del here
    show(reference() is not None)
    del other
    return reference


def fail_with(value):
    raise ValueError("with a local")


def collected():
    show(die()() is None)
    kept = Kept()
    reference = weakref.ref(kept)
    try:
        fail_with(kept)
    except ValueError:
        del kept
    show(reference() is None)
    generator = (one for one in [Kept()])
    reference = weakref.ref(next(generator))
    show(reference() is None)
    del generator
    gc.collect()
    gc.disable()
    before = len(gc.get_objects())
    for _ in range(50):
        list(count(3))
        add(1)
        die_quietly()
    show(len(gc.get_objects()) - before, gc.collect(), gc.garbage)
    frozen = sys.getrefcount(None) if sys.version_info < (3, 12) else 0
    for _ in range(100):
        add(1)
    if frozen:
        show(abs(sys.getrefcount(None) - frozen) < 50)
    gc.enable()
    cycle = Kept()
    cycle.own = cycle
    reference = weakref.ref(cycle)
    del cycle
    show(reference() is not None, gc.collect(), reference())
    SEEN.clear()


def die_quietly():
    return weakref.ref(Kept())()


def allocated():
    def make():
        return [bytes(1000) for _ in range(100)]
    make()
    list(count(3))
    tracemalloc.start(5)
    block = make()
    snapshot = tracemalloc.take_snapshot()
    for one in snapshot.statistics("lineno"):
        if one.size >= 1000 and one.traceback[0].filename == __file__:
            show(one.traceback[0].lineno, one.size, one.count)
    show([frame.lineno for frame in tracemalloc.get_object_traceback(block[50])
          if frame.filename == __file__])
    tracemalloc.stop()


# ---- limits ----

def depth_of(level):
    DEEPEST[0] = level
    depth_of(level + 1)


class Deep:
    def __init__(self, level):
        DEEPEST[0] = level
        Deep(level + 1)


def generators(level):
    DEEPEST[0] = level
    yield from generators(level + 1)


def through_c(level):
    DEEPEST[0] = level
    return max([1, 2], key=lambda _: through_c(level + 1))


async def awaits(level):
    DEEPEST[0] = level
    await awaits(level + 1)


DEEPEST = [0]


def recursion():
    for limit in (200, 1000, 5000):
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(limit)
        for function in (depth_of, Deep, lambda n: list(generators(n)), through_c,
                         lambda n: awaits(n).send(None)):
            if limit == 5000 and function is through_c:
                continue
            DEEPEST[0] = 0
            error = None
            try:
                function(0)
            except RecursionError as caught:
                error = (str(caught).partition(" while")[0], len(lines_of(caught)))
            show(limit, DEEPEST, error)
        sys.setrecursionlimit(before)


def sum_to(number):
    return 0 if number == 0 else number + sum_to(number - 1)


def raised_limit():
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(60000)
    show(sum_to(40000))
    thread = threading.Thread(target=lambda: show(sum_to(30000)))
    thread.start()
    thread.join()
    sys.setrecursionlimit(before)


# ---- what others keep in code objects ----

RELEASED = []
release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(RELEASED.append)


def extra():
    """A tool that keeps something in some code objects is told of the end of those alone."""
    api, unstable = ctypes.pythonapi, "PyUnstable_" if sys.version_info >= (3, 12) else "_Py"
    index = getattr(api, unstable + "Eval_RequestCodeExtraIndex")(release)
    for number in range(3):
        names = {}
        exec(compile("def made():\n    return [1 for _ in range(2)]\nmade()", __file__, "exec"), names)
        if number == 1:
            getattr(api, unstable + "Code_SetExtra")(
                ctypes.py_object(names["made"].__code__), index, ctypes.c_void_p(100))
        UNPROFILED["deepest"]()
        del names
    gc.collect()
    show(index >= 0, RELEASED)


# ---- what is left behind ----

# Code of no file, which is not profiled. Awaits nested to the recursion limit tell whether it is
# traced: from Python 3.10 on they take twice as many levels then.
UNPROFILED = {}
exec(compile("""
import sys

def deepest():
    reached = 0

    async def awaits(level):
        nonlocal reached
        reached = level
        await awaits(level + 1)

    try:
        awaits(0).send(None)
    except RecursionError:
        return reached

def after(profiled, report):
    try:
        profiled()
    except BaseException as error:
        report(repr(error))
    report((deepest(), sys.gettrace(), sys.getprofile()))
""", "<made>", "exec"), UNPROFILED)


def fail():
    raise ValueError("of the function")


def drop():
    generator = count(3)
    next(generator)


def keep():
    KEPT.append(count(3))
    next(KEPT[-1])


KEPT = []


async def cancelled():
    task = asyncio.ensure_future(wait_long())
    await asyncio.sleep(0)
    task.cancel()
    await task


async def wait_long():
    await asyncio.sleep(60)


async def overlapping():
    async def step(n):
        for _ in range(n):
            await asyncio.sleep(0)
    await asyncio.gather(*(step(n) for n in range(5)))


async def drop_asynchronous():
    generator = each(3)
    await generator.asend(None)


def profiler_on():
    sys.setprofile(lambda *event: None)


def profiler_off():
    sys.setprofile(None)


def tracer_on():
    sys.settrace(lambda *event: None)


def tracer_off():
    sys.settrace(None)


def c_profiler():
    profiler = cProfile.Profile()
    profiler.enable()
    add(1)
    profiler.disable()


def both_within():
    tracer_on(), profiler_on(), add(1), profiler_off(), tracer_off()


def limited():
    depth_of(0)


def leave_running():
    sys.setprofile(lambda *event: None)
    sys.settrace(lambda *event: None)
    raise SystemExit(3)


def left():
    """In this thread, and in threads that end afterwards."""
    steps = (fail, drop, keep, lambda: KEPT.clear(), c_profiler, both_within, limited,
             lambda: asyncio.run(cancelled()), lambda: asyncio.run(overlapping()),
             lambda: asyncio.run(drop_asynchronous()), lambda: sys.setprofile(None),
             lambda: (profiler_on(), profiler_off()), lambda: (tracer_on(), tracer_off()))
    for step in steps:
        UNPROFILED["after"](step, show)
    for step in steps:
        thread = threading.Thread(target=UNPROFILED["after"], args=(step, show))
        thread.start()
        thread.join()
    for step in (fail, leave_running):
        thread = threading.Thread(target=step)
        hook, threading.excepthook = threading.excepthook, lambda it: show(it.exc_type.__name__)
        thread.start()
        thread.join()
        threading.excepthook = hook
        show(UNPROFILED["deepest"](), sys.gettrace(), sys.getprofile())
    threads = [threading.Thread(target=both_within) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    UNPROFILED["after"](fail, show)


# ---- the tools' own places ----

def tools():
    show(sys.gettrace(), sys.getprofile(), threading._trace_hook, threading._profile_hook)
    show(sys._getframe().f_trace, sys.flags, sys.getswitchinterval(), sys.getrecursionlimit())
    if hasattr(sys, "monitoring"):
        show([sys.monitoring.get_tool(number) for number in range(5)])
    show(sys.get_asyncgen_hooks(), sys.get_coroutine_origin_tracking_depth())
    show(sorted(name for name in sys.modules if "pymemtop" in name and "glue" not in name))


@contextlib.contextmanager
def managed():
    show("in")
    try:
        yield 1
    finally:
        show("out")


def main():
    for part in (results, tracebacks, frames, warning_lines, code, collected, allocated, recursion,
                 raised_limit, extra, left, tools):
        show("----", part.__name__)
        part()
    show(final(1), final(2), final_loop())
    asyncio.run(tasks())
    with contextlib.suppress(KeyError), managed() as value:
        raise KeyError(value)


main()
tools()
