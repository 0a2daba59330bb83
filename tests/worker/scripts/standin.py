"""The stand-in for memory_profiler: the how-to's code, and what else programs use of it."""

import asyncio
import contextvars
import functools
import inspect
import io
import logging
import os
import re
import subprocess
import sys
import threading
import time
import types
import warnings
import weakref

import _pymemtop
import memory_profiler

# A sanitizer keeps what is freed for a while.
SANITIZED = bool(os.environ.get("PYMEMTOP_SANITIZED"))

# MiB: what a forked child shares is no longer the parent's own, and half of it no longer in its share;
# with a sanitizer that is most of it.
UNSHARED = 2000 if SANITIZED else 60
LARGE = 33 << 20  # more than malloc ever keeps when it is freed
MIB = 1 << 20

records = []


class Keep(logging.Handler):
    def emit(self, record):
        records.append(self.format(record))


# As the how-to has it.
root_logger = logging.getLogger()
root_logger.addHandler(Keep())
root_logger.setLevel(logging.INFO)
root_logger.handlers[0].setFormatter(logging.Formatter("%(name)s: %(message)s"))
profiler_logstream = memory_profiler.LogFile("memory_profiler_logs", True)


@memory_profiler.profile(stream=profiler_logstream)
async def fetch(url: str, times: int = 1) -> int:
    """The doc."""
    return len(url) * times


@memory_profiler.profile(stream=profiler_logstream, precision=4, backend="psutil")
def add(a, b=2):
    return a + b


@memory_profiler.profile
def bare():
    return 1


def rows_of(text):
    """{source: (usage, increment, occurrences)} of the rows that were measured, of all tables."""
    found = {}
    for line in text.splitlines():
        fields = line[:47].split()
        if len(fields) == 6 and fields[2] == fields[4] == "MiB":
            found[line[47:].strip()] = (float(fields[1]), float(fields[3]), int(fields[5]))
    return found


def table_of(function, *args, **options):
    """The rows that a call of the function prints, and what came of it."""
    stream = io.StringIO()
    result = memory_profiler.profile(stream=stream, **options)(function)(*args)
    return rows_of(stream.getvalue()), result


def test_decorated_functions_stay_what_they_are():
    assert inspect.iscoroutinefunction(fetch) and asyncio.iscoroutinefunction(fetch)
    assert asyncio.run(fetch("abc", times=2)) == 6
    assert str(inspect.signature(fetch)) == "(url: str, times: int = 1) -> int"
    assert fetch.__doc__ == "The doc." and fetch.__name__ == "fetch"
    assert add(1) == 3 and add.__wrapped__(1) == 3
    profile = memory_profiler.profile

    def plain(): pass
    def generator(): yield
    async def asynchronous(): yield
    @types.coroutine
    def old(): yield
    assert inspect.isgeneratorfunction(profile(generator))
    assert inspect.isasyncgenfunction(profile(asynchronous))
    assert inspect.isfunction(profile(plain)) and not inspect.isgeneratorfunction(profile(plain))
    assert inspect.isawaitable(profile(old)())
    assert memory_profiler.LineProfiler()(plain).__name__ == "plain"


# ---- the table ----

def grow(kept):
    kept.append(b"x" * LARGE)
    del kept[:]
    # not measured
    return [1]


def test_table_of_a_call():
    stream = io.StringIO()
    memory_profiler.profile(grow, stream, 2)([])
    lines = stream.getvalue().split("\n")
    assert lines[:4] == ["Filename: " + __file__, "",
                         "Line #    Mem usage    Increment  Occurrences   Line Contents", "=" * 61]
    first = grow.__code__.co_firstlineno
    assert [line[:6] for line in lines[4:9]] == ["%6d" % (first + i) for i in range(5)]
    assert lines[7][6:] == " " * 41 + "    # not measured", lines[7]
    assert lines[9:] == ["", "", ""]
    assert re.fullmatch(" *[0-9]+ +[0-9.]+ MiB +33[.][0-9]{2} MiB           1       kept.append.*",
                        lines[5]), lines[5]


def test_defect_1_against_the_last_value():
    rows, _ = table_of(shrink)
    assert SANITIZED or abs(rows["kept.pop()"][1] + 99) < 1, rows
    assert rows["kept.pop()"][2] == 3, rows


def shrink():
    kept = [b"x" * LARGE for _ in range(3)]
    while kept:
        kept.pop()


def test_defect_2_nested_calls_do_not_show_the_whole_memory():
    stream = io.StringIO()

    @memory_profiler.profile(stream=stream)
    def inner():
        return b"x" * LARGE

    @memory_profiler.profile(stream=stream)
    def outer():
        kept = inner()
        return len(kept)

    outer()
    tables = [rows_of(text) for text in stream.getvalue().split("Filename: ")[1:]]
    assert [len(rows) for rows in tables] == [2, 3]
    assert abs(tables[0]["@memory_profiler.profile(stream=stream)"][1]) < 1, tables
    assert abs(tables[0]['return b"x" * LARGE'][1] - 33) < 1
    first = tables[1]["@memory_profiler.profile(stream=stream)"]
    assert first[1] == first[0] > 5, tables
    assert abs(tables[1]["kept = inner()"][1] - 33) < 1


async def turns(count):
    kept = []
    for _ in range(count):
        await asyncio.sleep(0)
        kept.append(b"x" * LARGE)
    return count


def test_defect_3_overlapping_calls():
    streams = [io.StringIO() for _ in range(3)]

    async def main():
        calls = [memory_profiler.profile(turns, stream)(2 + index)
                 for index, stream in enumerate(streams)]
        return await asyncio.gather(*calls)
    assert asyncio.run(main()) == [2, 3, 4]
    for index, stream in enumerate(streams):
        rows, count = rows_of(stream.getvalue()), 2 + index
        assert rows["kept.append(b\"x\" * LARGE)"][2] == count
        assert abs(rows["kept.append(b\"x\" * LARGE)"][1] - 33 * count) < 1, rows
        assert rows["await asyncio.sleep(0)"][2] == 2 * count
    assert sys.gettrace() is None


def test_defect_4_coroutine_functions_are_ones():
    wrapper = memory_profiler.profile(turns, io.StringIO())

    async def main():
        return await asyncio.get_running_loop().create_task(wrapper(1))
    assert inspect.iscoroutinefunction(wrapper)
    assert asyncio.run(main()) == 1 == asyncio.run(wrapper(1))


def test_defect_5_what_others_take_is_not_on_the_await_line():
    """Another task, profiled or not, a callback of the loop, and a thread; of them the line of the task
    that takes something shows it."""
    async def waits(turns):
        await asyncio.sleep(0)  # the others begin
        while turns.pop():
            await asyncio.sleep(0.001)
        return 1

    async def takes(block):
        block *= LARGE
        return block

    names = {}
    exec(compile("async def unseen(block):\n    block *= {}\n    return block".format(LARGE),
                 "<no file>", "exec"), names)
    profiled = "block *= LARGE"

    async def main(other):
        block, stream, turns = bytearray(b"x"), io.StringIO(), [False, True, True]
        both = [memory_profiler.profile(waits, stream)(turns)]
        if other is takes or other is names["unseen"]:
            both.append(other(block) if other is not takes
                        else memory_profiler.profile(other, stream)(block))
        loop = asyncio.get_running_loop()
        if other == "callback":
            loop.call_soon(block.__imul__, LARGE)
        elif other == "thread":
            both.append(loop.run_in_executor(None, block.__imul__, LARGE))
        await asyncio.gather(*both)
        assert len(block) == LARGE
        return rows_of(stream.getvalue())

    for other in takes, names["unseen"], "callback", "thread":
        rows = asyncio.run(main(other))
        for line in "await asyncio.sleep(0)  # the others begin", "await asyncio.sleep(0.001)":
            assert abs(rows[line][1]) < 1, (other, rows)
        assert other is not takes or abs(rows[profiled][1] - LARGE / MIB) < 1, rows


def test_defect_6_generators():
    stream = io.StringIO()

    @memory_profiler.profile(stream=stream)
    def steps():
        """Told what to yield."""
        told = yield b"x" * LARGE
        while told is not None:
            try:
                told = yield told
            except KeyError as exc:
                told = yield str(exc)
        return "end"

    generator = steps()
    assert len(next(generator)) == LARGE and generator.send(5) == 5
    assert generator.throw(KeyError(7)) == "7" and stream.getvalue() == ""
    try:
        generator.send(None)
        raise AssertionError("goes on")
    except StopIteration as stop:
        assert stop.value == "end"
    rows = rows_of(stream.getvalue())
    assert rows["told = yield told"][2] == 2 and abs(rows['told = yield b"x" * LARGE'][1] - 33) < 1
    closed = steps()
    next(closed)
    closed.close()
    dropped = steps()
    next(dropped)
    del dropped
    assert stream.getvalue().count("Filename: ") == 3


def test_a_generator_holds_nothing_more():
    class Big:
        pass

    @memory_profiler.profile(stream=io.StringIO())
    def makes(times):
        for _ in range(times):
            yield Big()

    generator = makes(2)
    gone = weakref.ref(next(generator))
    assert gone() is None


def test_defect_6_async_generators():
    stream = io.StringIO()

    @memory_profiler.profile(stream=stream)
    async def steps(count):
        for number in range(count):
            await asyncio.sleep(0)
            try:
                yield number
            except KeyError:
                yield -1

    async def main():
        seen = [number async for number in steps(3)]
        thrown = steps(2)
        seen.append(await thrown.asend(None))
        seen.append(await thrown.athrow(KeyError()))
        await thrown.aclose()
        return seen
    assert asyncio.run(main()) == [0, 1, 2, 0, -1]
    first, second = [rows_of(text) for text in stream.getvalue().split("Filename: ")[1:]]
    assert first["yield number"][2] == 6 and second["yield -1"][2] == 2, (first, second)


def test_defect_6_threads():
    streams = [io.StringIO() for _ in range(3)]
    threads = [threading.Thread(target=memory_profiler.profile(grow, stream), args=([],))
               for stream in streams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [rows_of(stream.getvalue())["del kept[:]"][2] for stream in streams] == [1, 1, 1]


def fail(exception):
    text = "no MiB, and not measured"
    if exception is None:
        text = "MiB  two"
    raise exception(text)


def test_defect_7_the_table_comes_with_exceptions():
    for exception in (KeyError, SystemExit, KeyboardInterrupt):
        stream = io.StringIO()
        try:
            memory_profiler.profile(fail, stream)(exception)
            raise AssertionError("no exception")
        except exception:
            pass
        assert rows_of(stream.getvalue())["raise exception(text)"][2] == 1


def test_defect_7_and_with_cancellation():
    stream = io.StringIO()

    async def waits():
        await asyncio.sleep(60)

    async def main():
        task = asyncio.ensure_future(memory_profiler.profile(waits, stream)())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return task.cancelled()
    assert asyncio.run(main())
    assert rows_of(stream.getvalue())["await asyncio.sleep(60)"][2] in (2, 3)  # 3.13 clears up


def test_defect_7_nothing_is_raised_into_the_call():
    class Broken:
        def write(self, text):
            raise ValueError("closed")
    told, sys.stderr = sys.stderr, io.StringIO()
    try:
        assert memory_profiler.profile(grow, Broken())([]) == [1]
        assert memory_profiler.profile(grow, precision=None)([]) == [1]
        words = sys.stderr.getvalue()
    finally:
        sys.stderr = told
    assert words.count("pymemtop: a report could not be written: ") == 2, words
    try:
        memory_profiler.profile(fail, profiler_logstream)(KeyError)
    except KeyError:
        return
    raise AssertionError("no exception")


def test_defect_8_figures_can_be_read_and_summed():
    profiler = memory_profiler.LineProfiler()
    wrapped = profiler(grow)
    for _ in range(3):
        wrapped([])
    (table,) = {id(table): table for table in profiler.code_map.values()}.values()
    first = grow.__code__.co_firstlineno
    assert list(table) == [first, first + 1, first + 2, first + 4], (first, table)
    assert abs(table[first + 1][0] - 99) < 1 and table[first + 1][2] == 3
    usage = _pymemtop.rss_bytes() / 2**20
    assert abs(sum(increment for increment, _, _ in table.values()) - usage) < 2


def leaks_a_little(kept):
    for _ in range(10):
        kept.append(bytes(1000))
        del kept[-1:]
        kept.append(bytes(200))


def test_defect_8_less_than_a_page_shows_to_the_byte():
    """By the bytes that Python has given out; the RSS moves in pages."""
    profiler = memory_profiler.LineProfiler(backend="tracemalloc")
    profiler(leaks_a_little)([None] * 100)
    table = profiler.code_map[leaks_a_little.__code__]
    first = leaks_a_little.__code__.co_firstlineno
    taken, freed, kept = (table[first + line][0] * MIB for line in (2, 3, 4))
    size = sys.getsizeof(bytes(200))
    assert 10 * size <= kept + 1 < 10 * (size + 16) + 512, table
    assert 10 * 1000 < taken < 12 * 1000 and abs(taken + freed) < 700, table
    assert [table[first + line][2] for line in (1, 2, 3, 4)] == [11, 10, 10, 10]


def test_defect_10_callees_are_on_the_screen_and_the_code_needs_no_edit():
    recorder = _pymemtop.Recorder(everything=True)
    recorder.add(shrink.__code__)
    recorder.begin()
    grow([])
    recorder.end()
    assert grow.__code__ in [code for code, rows in recorder.rows() if rows]


def test_defect_11_stacked_decorators():
    def doubled(function):
        @functools.wraps(function)
        def wrapper(*args):
            return 2 * function(*args)
        return wrapper

    @doubled
    def one(kept):
        kept.append(1)
        return len(kept)

    rows, result = table_of(one, [])
    assert result == 2 and rows["kept.append(1)"][2] == 1 and len(rows) == 3, rows
    rows, result = table_of(functools.lru_cache(None)(bare_bones))
    assert result == 1 and "return 1" in rows
    rows, result = table_of(functools.partial(pair, 1), 2)
    assert result == (1, 2) and "return a, b" in rows
    stream = io.StringIO()

    class Lazy:
        @memory_profiler.profile(stream=stream)
        @functools.cached_property
        def value(self):
            return "made once"
    lazy = Lazy()
    assert lazy.value == lazy.value == "made once" and stream.getvalue().count("Filename: ") == 1
    rows, result = table_of(Callable(), 5)
    assert result == 5 and "return x" in rows
    assert memory_profiler.profile(functools.lru_cache(None)(bare_bones)).cache_info().hits == 0


def bare_bones():
    return 1


def pair(a, b):
    return a, b


class Callable:
    def __call__(self, x):
        return x


def test_defect_11_classes_and_methods():
    stream = io.StringIO()

    @memory_profiler.profile(stream=stream)
    class Box:
        size = 3

        def __init__(self):
            self.kept = b"x" * LARGE

        @classmethod
        def made(cls):
            return cls()

        @staticmethod
        def number():
            return 7

        @property
        def length(self):
            return len(self.kept)

        async def later(self):
            return self.size

    box = Box.made()
    assert isinstance(box, Box) and inspect.isclass(Box)
    assert (box.number(), Box.number(), box.length, asyncio.run(box.later())) == (7, 7, LARGE, 3)
    rows = rows_of(stream.getvalue())
    assert abs(rows['self.kept = b"x" * LARGE'][1] - 33) < 1
    assert {"return cls()", "return 7", "return len(self.kept)", "return self.size"} <= set(rows)

    class Plain:
        @memory_profiler.profile(stream=stream)
        @classmethod
        def name(cls):
            return cls.__name__

        @staticmethod
        @memory_profiler.profile(stream=stream)
        def two():
            return 2
    assert (Plain.name(), Plain().two()) == ("Plain", 2)
    assert {"return cls.__name__", "return 2"} <= set(rows_of(stream.getvalue()))
    rows, result = table_of(box.later)
    assert asyncio.run(result) == 3


def test_recursion():
    stream = io.StringIO()

    @memory_profiler.profile(stream=stream)
    def down(levels):
        if levels:
            down(levels - 1)
        return 0

    down(3)
    counts = [rows_of(text)["if levels:"][2]
              for text in stream.getvalue().split("Filename: ")[1:]]
    assert counts == [1, 2, 3, 4]


def test_a_thread_of_a_call_is_recorded_with_it():
    def starts():
        def runs():
            return b"x" * 10
        thread = threading.Thread(target=contextvars.copy_context().run, args=(runs,))
        thread.start()
        thread.join()
    rows, _ = table_of(starts)
    assert rows['return b"x" * 10'][2] == 1


def test_the_table_takes_nothing_from_the_caller():
    def caller():
        called()
        called()
        return 1

    # What the program's own handler keeps of each record can begin a page, and is the program's.
    handlers, root_logger.handlers = root_logger.handlers, [logging.NullHandler()]
    called = memory_profiler.profile(bare_bones, memory_profiler.LogFile("nowhere", True))
    called()
    before = sum(_pymemtop.heap_bytes())
    profiler = memory_profiler.LineProfiler()
    profiler(caller)()
    kept = sum(_pymemtop.heap_bytes()) - before
    assert kept < 32768, kept
    tables = [profiler.code_map]
    for _ in range(4):
        profiler = memory_profiler.LineProfiler()
        profiler(caller)()
        tables.append(profiler.code_map)
    root_logger.handlers = handlers
    still = 0
    for code_map in tables:
        (table,) = {id(table): table for table in code_map.values()}.values()
        increments = [figures[0] for figures in list(table.values())[1:]]
        assert len(increments) == 3, table
        still += increments == [0, 0, 0]
    assert SANITIZED or still == len(tables), tables


def test_log_file():
    row = "    22     46.6 MiB      1.5 MiB          10       x = f()\n"
    still = "    23     46.6 MiB      0.0 MiB          10       y = 'MiB 5'\n"
    less = "    24     46.6 MiB     -1.5 MiB          10       del x\n"
    unmeasured = "    25                                               y = 'MiB'\n"
    named = "    26                                               y = 'Filename: MiB'\n"
    del records[:]
    for text in ("Filename: f.py\n\n", "=====\n", row, still, less, unmeasured, named, "\n\n"):
        profiler_logstream.write(text)
    memory_profiler.LogFile("plain").write("any text")
    levels, keep = [], root_logger.handlers[0]
    keep.addFilter(lambda record: levels.append(record.levelno) or True)
    memory_profiler.LogFile("plain").write("an error", logging.ERROR)
    profiler_logstream.write(row)
    keep.filters.clear()
    assert levels == [logging.ERROR, logging.INFO] and records.pop().endswith(row)
    profiler_logstream.flush()
    assert records == ["memory_profiler_logs: Filename: f.py\n\n", "memory_profiler_logs: " + row,
                       "memory_profiler_logs: " + named, "plain: any text",
                       "plain: an error"], records


def test_the_how_tos_records():
    del records[:]
    profiler_add = memory_profiler.profile(grow, profiler_logstream)
    profiler_add([])
    assert {record.split(":")[0] for record in records} == {"memory_profiler_logs"}, records
    # A sanitizer's memory moves on other lines, too.
    assert len(records) == 4 or (SANITIZED and len(records) > 4), records
    assert "Line Contents" in records[1] and "kept.append" in "".join(records[3:]), records


def test_memory_usage():
    calls = []
    size = 32 << 20
    kept = []

    def grow(amount, twice=False):
        calls.append(twice)
        kept.append(bytearray(b"x") * amount)
        return "result"

    usage, result = memory_profiler.memory_usage((grow, (size,), {"twice": True}), interval=0.01,
                                                 retval=True)
    assert calls == [True] and result == "result"
    assert usage[-1] - usage[0] > 31
    assert isinstance(memory_profiler.memory_usage(max_usage=True), float)

    class Counted:
        """Told of each sample: the function goes on until there have been some."""
        count = 0

        def write(self, text):
            self.count += 1

    def waits_for_samples():
        block = bytearray(b"x") * LARGE
        until = time.monotonic() + 30
        while counted.count < 5 and time.monotonic() < until:
            time.sleep(0.005)
        del block
    counted = Counted()
    assert memory_profiler.memory_usage(waits_for_samples, interval=0.01, stream=counted) is None
    assert counted.count >= 5

    def peaks():
        block = bytearray(b"x") * LARGE
        time.sleep(0.05)
        del block
    lowest = memory_profiler.memory_usage()[0]
    assert memory_profiler.memory_usage(peaks, interval=0.002, max_usage=True) > lowest + 30
    assert len(memory_profiler.memory_usage()) == 1
    assert len(memory_profiler.memory_usage(lambda: None, timestamps=True)[0]) == 2
    assert len(memory_profiler.memory_usage(-1, interval=0.01, timeout=0.1)) > 1
    process = subprocess.Popen(["sh", "-c", "sleep 60 & echo; wait"], stdout=subprocess.PIPE,
                               start_new_session=True)
    process.stdout.readline()
    alone, all_of_them = (memory_profiler.memory_usage(process.pid, include_children=children)[0]
                          for children in (False, True))
    assert 0 < alone < all_of_them
    ((_, child),) = memory_profiler.memory_usage(process.pid, multiprocess=True)
    assert child > 0
    stream = io.StringIO()
    memory_profiler.memory_usage(process.pid, multiprocess=True, stream=stream)
    assert re.fullmatch("MEM [0-9.]+ [0-9.]+\nCHLD [0-9]+ [0-9.]+ [0-9.]+\n", stream.getvalue())
    os.killpg(process.pid, 9)  # the child has the pipe as well, which is read to its end
    process.communicate()
    process = subprocess.Popen(["sleep", "0.05"])
    assert memory_profiler.memory_usage(process, interval=0.01)[0] >= 0
    stream = io.StringIO()
    assert memory_profiler.memory_usage((bare,), stream=stream) is None
    assert stream.getvalue().startswith("MEM ")


def test_memory_usage_passes_exceptions_on():
    def fail():
        raise KeyError("mine")
    try:
        memory_profiler.memory_usage(fail)
    except KeyError:
        return
    raise AssertionError("no exception")


def test_profiler_object():
    profiler = memory_profiler.LineProfiler(backend="psutil", include_children=False)
    profiler.add_function(grow)
    with profiler as entered:
        assert profiler.enable_count == 1 and entered is profiler
        grow([])
    grow([])
    assert profiler.enable_count == 0 and (profiler.prevlines, profiler.prev_lineno) == ([], None)
    profiler.enable()
    grow([])
    profiler.disable()
    names = {"grow": grow}
    assert profiler.runctx("x = grow([])", names, names) is profiler and names["x"] == [1]
    stream = io.StringIO()
    memory_profiler.show_results(profiler, stream=stream, precision=3)
    assert rows_of(stream.getvalue())["del kept[:]"][2] == 3, stream.getvalue()

    async def both():
        return await asyncio.gather(wrapped(2), wrapped(3))
    profiler = memory_profiler.LineProfiler()
    wrapped = profiler(precision=4)(turns)
    asyncio.run(both())
    assert profiler.code_map[turns.__code__][turns.__code__.co_firstlineno + 3][2] == 10


def counts(profiler, function):
    """Occurrences of each line of the function that the profiler has recorded."""
    table = profiler.code_map.get(function.__code__, {})
    return {line - function.__code__.co_firstlineno: row[2] for line, row in table.items()}


def test_functions_that_are_added():
    """By themselves, with what is nested in them, and without what wraps them; each once."""
    def outer(times):
        return sum(inner(number) for number in range(times))

    def inner(number):
        return number

    profiler = memory_profiler.LineProfiler()
    for function in outer, functools.lru_cache(None)(pair), functools.partial(bare_bones), outer:
        assert profiler.add_function(function) is None
    assert {outer.__code__, pair.__code__, bare_bones.__code__} < set(profiler.code_map)
    nested = [code for code in profiler.code_map if code.co_name == "<genexpr>"]
    assert len(nested) == 1 and profiler.code_map[nested[0]] is profiler.code_map[outer.__code__]
    outer(2)
    with profiler:
        outer(2), pair(1, 2)
    outer(2)
    profiler.add_function(outer)
    assert counts(profiler, outer)[1] >= 7 and counts(profiler, pair) == {0: 1, 1: 1}
    assert inner.__code__ not in profiler.code_map and counts(profiler, bare_bones) == {}
    assert len(list(profiler.code_map.items())) == 2  # tables
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        profiler.add_function(len)
    assert "no Python code" in str(caught[0].message), caught


def test_functions_that_are_wrapped():
    """The profiler is on while they run, however they end, and records what was added."""
    seen = []

    def runs(fails=False):
        seen.append(profiler.enable_count)
        bare_bones()
        return 1 // (not fails)

    def steps():
        seen.append(profiler.enable_count)
        yield bare_bones()

    profiler = memory_profiler.LineProfiler()
    wrapped = profiler.wrap_function(runs)
    assert wrapped.__wrapped__ is runs and wrapped() == 1 and profiler.code_map == {}
    profiler.add_function(bare_bones)
    assert wrapped() == 1 and bare_bones() == 1
    assert counts(profiler, bare_bones) == {0: 1, 1: 1} and runs.__code__ not in profiler.code_map
    try:
        wrapped(fails=True)
        raise AssertionError("no exception")
    except ZeroDivisionError:
        pass
    generator = profiler.wrap_function(steps)()
    assert next(generator) == 1 and bare_bones() == 1 and profiler.enable_count == 0
    assert counts(profiler, bare_bones) == {0: 3, 1: 3} and seen == [1, 1, 1, 1]
    assert inspect.iscoroutinefunction(profiler.wrap_function(turns))


def test_code_map():
    code_map = memory_profiler.CodeMap(include_children=False, backend="psutil")
    code_map.add(grow.__code__)
    first = grow.__code__.co_firstlineno
    assert list(code_map.items()) == [] and code_map[grow.__code__] == {}
    code_map.trace(grow.__code__, first, None)
    code_map.trace(grow.__code__, first + 1, first)
    ((path, lines),) = code_map.items()
    rows = list(lines)
    assert path == __file__ and [line for line, _ in rows] == list(range(first, first + 5))
    assert rows[0][1][0] == rows[0][1][1] > 5 and rows[1][1][2] == 1 and rows[2][1] is None
    assert abs(rows[1][1][0]) < 5


def test_time_stamper():
    stamper = memory_profiler.TimeStamper("psutil")

    @stamper
    def inner():
        return 1

    @stamper(precision=2)
    async def outer():
        return inner()

    assert asyncio.run(outer()) == 1
    with stamper.timestamp("block"):
        inner()
    stream = io.StringIO()
    stamper.show_results(stream)
    lines = stream.getvalue().splitlines()
    assert [line.split()[1:2] + line.split()[-1:] for line in lines] == [
        ["__main__.inner", "1"], ["__main__.inner", "1"], ["__main__.outer", "0"], [".block", "0"]]
    assert all(re.fullmatch("FUNC [^ ]+( [0-9]+[.][0-9]{4}){4} [01]", line) for line in lines)
    try:
        stamper(5)
    except ValueError:
        return
    raise AssertionError("no exception")


def test_backends():
    assert memory_profiler.choose_backend() == memory_profiler.choose_backend("psutil") == "psutil"
    assert memory_profiler.choose_backend("posix") == "posix"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert memory_profiler.choose_backend("abacus") == "psutil"
        memory_profiler.LineProfiler(max_mem=100)
        memory_profiler.LineProfiler(include_children=True, backend="tracemalloc")
        memory_profiler.TimeStamper(include_children=True, backend="tracemalloc")
        for backend in BACKENDS:
            memory_profiler.LineProfiler(backend=backend, include_children=False)
    assert len(caught) == 4, caught
    assert all("include_children is not heeded" in str(each.message) for each in caught[2:])
    assert {each.filename for each in caught} == {__file__}, caught
    for backend in BACKENDS:
        assert memory_profiler.memory_usage(backend=backend)[0] > .5


def backend_work(kept):
    kept.append(b"x" * LARGE)
    kept.append(bytes(LARGE))
    pid = child_until(kept)
    kept.pop()
    kept.pop()
    return pid


def child_until(pids):
    """A child that shares all pages with this process; it ends with the pipe."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    os.close(reader)
    CHILDREN.append((pid, writer))
    time.sleep(.1)  # the kernel's sums are read where a line has taken longer than that does
    return pid


def end_children():
    for pid, writer in CHILDREN:
        os.close(writer)
        os.waitpid(pid, 0)
    CHILDREN.clear()


CHILDREN = []
BACKENDS = ("psutil", "psutil_pss", "psutil_uss", "posix", "tracemalloc")


def test_each_backend_measures_lines():
    mib = LARGE / MIB
    others = 8  # what other processes come to share, or give up, meanwhile: libraries
    for backend, asked, shared, off in (
            ("psutil", 0, 0, 1), ("posix", 0, 0, 1), ("psutil_pss", 0, -mib / 2, others),
            ("psutil_uss", 0, -mib, others), ("tracemalloc", mib, 0, 1)):
        rows, _ = table_of(backend_work, [], backend=backend)
        end_children()
        assert abs(rows['kept.append(b"x" * LARGE)'][1] - mib) < off, (backend, rows)
        assert abs(rows["kept.append(bytes(LARGE))"][1] - asked) < off, (backend, rows)
        # besides, all that there was before is shared from now on
        found = rows["pid = child_until(kept)"][1]
        assert shared - UNSHARED < found < shared + off if shared else abs(found) < 2, (backend, rows)
        first = rows["def backend_work(kept):"]
        assert first[0] == first[1] > .5, (backend, rows)


def test_backends_within_each_other():
    def outer(kept):
        rows.append(table_of(grow, kept, backend="tracemalloc")[0])
        kept.append(bytes(LARGE))
    rows = []
    rows.append(table_of(outer, [])[0])
    inner, outer_rows = rows
    # each starts with the whole of what it measures
    assert inner["def grow(kept):"][1] > .5 and outer_rows["def outer(kept):"][1] > 1, rows
    assert abs(inner['kept.append(b"x" * LARGE)'][1] - LARGE / MIB) < 1, inner
    assert abs(outer_rows["kept.append(bytes(LARGE))"][1]) < 1, outer_rows


def test_recursion_by_a_backend_is_charged_once():
    def down(levels):
        if levels == 0:
            return bytes(LARGE)
        return down(levels - 1)
    rows, kept = table_of(down, 5, backend="tracemalloc")
    assert rows["return down(levels - 1)"][2] == 5 and kept, rows
    assert abs(rows["return down(levels - 1)"][1] - LARGE / MIB) < 1, rows


def test_a_backend_of_overlapping_calls():
    async def waits(turns, kept):
        for _ in range(turns):
            await asyncio.sleep(0)
            kept.append(bytes(LARGE))

    async def both():
        streams = [io.StringIO(), io.StringIO()]
        await asyncio.gather(*(
            memory_profiler.profile(waits, stream, backend="tracemalloc")(turns, [])
            for turns, stream in zip((2, 5), streams)))
        return [rows_of(stream.getvalue()) for stream in streams]
    for turns, rows in zip((2, 5), asyncio.run(both())):
        assert abs(rows["kept.append(bytes(LARGE))"][1] - turns * LARGE / MIB) < 1, rows
        assert abs(rows["await asyncio.sleep(0)"][1]) < 1, rows


def test_children_are_included_where_that_is_asked():
    for options, least, most in (({}, -1, 2), ({"include_children": True}, 8, 2000),
                                 ({"include_children": True, "backend": "psutil_uss"}, -UNSHARED, 2000)):
        profiler = memory_profiler.LineProfiler(**options)
        profiler(child_until)([])
        (_, lines), = profiler.code_map.items()
        end_children()
        figures = [row for _, row in lines if row and row[2]]
        assert least < sum(row[0] for row in figures[1:]) < most, (options, figures)
    stamper = memory_profiler.TimeStamper(include_children=True)
    stamper(child_until)([])
    ((start, end),), = stamper.functions.values()
    end_children()
    assert end[0] > start[0] + 8, (start, end)


def test_ipython_is_refused_in_words():
    try:
        memory_profiler.load_ipython_extension(None)
    except RuntimeError as exc:
        assert "%mprun" in str(exc)
        return
    raise AssertionError("no exception")


def test_code_without_source():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        names = {}
        exec("def made(x):\n    return x", names)
        assert table_of(names["made"], 5) == ({}, 5)
        assert table_of(len, "abc") == ({}, 3)
        assert memory_profiler.profile(5) == 5
    assert len(caught) == 3


for name, test in sorted(globals().items()):
    if name.startswith("test_"):
        test()
        print("ok", name)
