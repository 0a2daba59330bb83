"""_pymemtop.Recorder: the lines of one call, by the tracer."""

import asyncio
import contextvars
import itertools
import threading

import _pymemtop
from _pymemtop import Recorder

MIB = 1 << 20
LARGE = 33 * MIB  # more than malloc ever keeps when it is freed


def recorded(function, *args):
    """The rows of a call, by line from the function's first one on, and its result."""
    recorder = Recorder()
    recorder.add(function.__code__)
    recorder.begin()
    try:
        result = function(*args)
    finally:
        recorder.end()
    return by_line(recorder), result


def by_line(recorder):
    (code, rows), = recorder.rows()
    return {line - code.co_firstlineno: row for line, *row in rows}


def occurrences(rows):
    return {line: row[2] for line, row in rows.items()}


def grow():
    kept = []
    for size in (1, 2):
        kept.append(b"x" * (size * LARGE))
    del kept
    return size


def test_lines():
    rows, result = recorded(grow)
    assert result == 2 and occurrences(rows) == {0: 1, 1: 1, 2: 3, 3: 2, 4: 1, 5: 1}, rows
    assert list(rows) == [0, 1, 2, 3, 4, 5]
    assert abs(rows[3][0] - 3 * LARGE) < MIB and abs(rows[4][0] + 3 * LARGE) < MIB, rows
    assert rows[3][1] - rows[1][1] > 2 * LARGE and rows[5][1] < rows[3][1] - 2 * LARGE, rows


def nested():
    def inner(amount):
        return b"x" * amount
    return len([inner(MIB) for _ in range(3)])


def test_code_in_the_constants():
    rows, _ = recorded(nested)
    assert occurrences(rows)[2] == 3 and occurrences(rows)[1] == 1 + 3, rows


def test_nothing_but_the_call():
    grow()
    rows, _ = recorded(grow)
    grow()
    assert occurrences(rows)[3] == 2


def fail():
    kept = b"x" * LARGE
    raise KeyError(len(kept))


def test_exception():
    recorder = Recorder()
    recorder.add(fail.__code__)
    recorder.begin()
    try:
        fail()
    except KeyError:
        recorder.end()
    assert occurrences(by_line(recorder)) == {0: 1, 1: 1, 2: 1}


def deep(levels):
    if levels == 0:
        return b"x" * LARGE
    return deep(levels - 1)


def test_recursion_is_charged_once():
    rows, kept = recorded(deep, 5)
    assert occurrences(rows)[3] == 5 and abs(rows[3][0] - LARGE) < MIB, rows
    assert abs(rows[2][0] - LARGE) < MIB and kept, rows


def test_recorders_within_each_other():
    outer, inner = Recorder(), Recorder()
    for recorder in (outer, inner):
        recorder.add(grow.__code__)
    outer.begin()
    grow()
    inner.begin()
    grow()
    inner.end()
    grow()
    outer.end()
    grow()
    assert occurrences(by_line(outer))[3] == 6 and occurrences(by_line(inner))[3] == 2
    assert outer.entry()[1] > MIB and inner.entry() == (0, 0)
    assert outer.entry()[0] == grow.__code__.co_firstlineno
    for rows, grown in ((by_line(outer), 9), (by_line(inner), 3)):
        assert abs(rows[3][0] - grown * LARGE) < MIB, rows


def test_recursion_with_a_recorder_for_each_call():
    def call(levels):
        recorder = Recorder()
        recorder.add(recurse.__code__)
        recorder.begin()
        try:
            return recurse(levels, call)
        finally:
            recorder.end()
            tables.insert(0, by_line(recorder))
    tables = []
    call(4)
    assert [occurrences(rows) for rows in tables] == [
        {0: 1 + levels, 1: 1 + levels, 2: 1, 3: levels} if levels else {0: 1, 1: 1, 2: 1}
        for levels in (4, 3, 2, 1, 0)], tables
    for levels, rows in zip((4, 3, 2, 1, 0), tables):
        assert abs(rows[2][0] - LARGE) < MIB, rows
        if levels:
            assert abs(rows[3][0] - LARGE) < MIB, rows


def recurse(levels, call):
    if levels == 0:
        return b"x" * LARGE
    return call(levels - 1)


def test_begun_again_in_its_own_context_and_in_another():
    recorder = Recorder()
    recorder.add(grow.__code__)
    recorder.begin()
    recorder.begin()
    grow()
    recorder.end()
    grow()
    thread = threading.Thread(target=lambda: (recorder.begin(), grow(), recorder.end(), grow()))
    thread.start()
    thread.join()
    recorder.end()
    grow()
    assert occurrences(by_line(recorder))[3] == 6


def test_fresh_ones_know_what_the_first_knows():
    first = Recorder()
    for function in FUNCTIONS:
        first.add(function.__code__)
    first.begin()
    grow()
    first.end()
    fresh = first.fresh()
    assert all(rows == [] for _, rows in fresh.rows()) and len(fresh.rows()) == len(FUNCTIONS)
    fresh.begin()
    grow()
    deep(0)
    fresh.end()
    counted = {code: rows for code, rows in fresh.rows() if rows}
    assert set(counted) == {grow.__code__, deep.__code__}


def test_what_pymemtop_takes_for_itself_is_on_no_line():
    recorder = Recorder()
    recorder.add(own_work.__code__)
    before = sum(_pymemtop.heap_bytes())
    recorder.begin()
    own_work()
    recorder.end()
    assert sum(_pymemtop.heap_bytes()) - before < MIB
    rows = by_line(recorder)
    assert abs(rows[1][0]) < MIB and rows[2][0] == 0, rows
    OWN.clear()


OWN_WORK = """
def take(kept):
    _pymemtop.own_begin()
    _pymemtop.own_begin()
    kept.append(b"x" * LARGE)
    _pymemtop.own_end()
    kept.extend(str(number) for number in range(100000))
    _pymemtop.own_end()
"""
exec(OWN_WORK)  # of no file, and so not profiled itself, as pymemtop's Python


def own_work():
    take(OWN)
    return len(OWN)


OWN = []
FUNCTIONS = [grow, nested, fail, deep, own_work, recurse, recorded, by_line, occurrences]


async def waits(turns):
    kept = []
    for _ in range(turns):
        await asyncio.sleep(0)
        kept.append(b"x" * LARGE)
    return kept


async def call(function, *args):
    recorder = Recorder()
    recorder.add(function.__code__)
    recorder.begin()
    try:
        await function(*args)
    finally:
        recorder.end()
    return by_line(recorder)


def test_overlapping_tasks():
    async def both():
        return await asyncio.gather(call(waits, 2), call(waits, 5))
    for turns, rows in zip((2, 5), asyncio.run(both())):
        assert occurrences(rows) == {0: 1, 1: 1, 2: turns + 1, 3: 2 * turns, 4: turns,
                                     5: 1}, rows
        assert abs(rows[4][0] - turns * LARGE) < MIB and abs(rows[3][0]) < MIB, rows


async def is_worked_for():
    kept = []
    asyncio.get_running_loop().call_soon(kept.extend, itertools.repeat(None, LARGE // 8))
    await asyncio.sleep(0.01)
    return len(kept)


def test_what_the_loop_does_for_a_task_is_on_its_await_line():
    token = _pymemtop.begin(1)
    rows = asyncio.run(call(is_worked_for))
    _pymemtop.end(token)
    assert rows[3][2] == 2 and rows[3][0] > LARGE - MIB and abs(rows[2][0]) < MIB, rows


def test_threads():
    def run(turns):
        results[turns] = recorded(grow)[0]
    results = {}
    threads = [threading.Thread(target=run, args=(turns,)) for turns in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [occurrences(results[turns])[3] for turns in range(4)] == [2] * 4


def test_a_copy_of_the_context_records_for_the_call():
    recorder = Recorder()
    recorder.add(grow.__code__)
    recorder.begin()
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(grow,))
    thread.start()
    thread.join()
    recorder.end()
    context.run(grow)  # the call is over
    assert occurrences(by_line(recorder))[3] == 2


def steps():
    yield b"x" * MIB
    yield 2


def test_a_frame_outlives_its_recorder():
    recorder = Recorder()
    recorder.add(steps.__code__)
    recorder.begin()
    generator = steps()
    next(generator)
    recorder.end()
    rows = by_line(recorder)
    del recorder
    assert list(generator) == [2] and occurrences(rows) == {0: 1, 1: 1}, rows


def test_ends_in_any_order():
    first, second = Recorder(), Recorder()
    for recorder in (first, second):
        recorder.add(grow.__code__)
        recorder.begin()
    first.end()
    grow()
    second.end()
    grow()
    assert first.rows()[0][1] == [] and occurrences(by_line(second))[3] == 2


def test_many():
    for _ in range(10000):
        recorder = Recorder()
        recorder.add(deep.__code__)
        recorder.begin()
        recorder.end()
    assert occurrences(recorded(grow)[0])[3] == 2


def count(turns):
    for _ in range(turns):
        pass


def test_no_bound_to_how_many_are_open():
    running = [(Recorder(), contextvars.copy_context()) for _ in range(10000)]
    for recorder, context in running:
        recorder.add(count.__code__)
        context.run(recorder.begin)
    for turns, (_, context) in enumerate(running):
        context.run(count, turns % 3)
    assert occurrences(recorded(grow)[0])[3] == 2
    for recorder, context in reversed(running):
        context.run(recorder.end)
    for turns, (recorder, context) in enumerate(running):
        context.run(count, 1)
        assert occurrences(by_line(recorder))[1] == turns % 3 + 1, turns


def test_wrong_use():
    recorder = Recorder()
    recorder.end()
    for wrong in (lambda: recorder.add(grow), lambda: recorder.add(None), lambda: Recorder(1)):
        try:
            wrong()
        except TypeError:
            continue
        raise AssertionError("no exception")
    try:
        _pymemtop.own_end()
    except RuntimeError:
        return
    raise AssertionError("no exception")


for name, test in sorted(globals().items()):
    if name.startswith("test_"):
        test()
        print("ok", name)
