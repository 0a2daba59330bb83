"""Rows that a call records, through the stand-in for memory_profiler: the same lines, as often, as the
real one has, run on the same Python.

The real one's rows are right for coroutines and generators that run one at a time. Of those that
overlap it mixes the lines (issue 6's third defect), so the truth for these is what it has where they
run one after the other: how often a line runs does not depend on what others do meanwhile."""

import glob
import json
import os
import re
import subprocess

import pytest

from programs import APPS, VENV

pytestmark = [pytest.mark.usefixtures("packages"), pytest.mark.python]

# SHAPES is the text of the module; the mode is how its coroutines are run.
PROGRAM = '''
import asyncio, importlib, inspect, json, sys
import memory_profiler

def functions_of(namespace, module):
    for value in list(vars(namespace).values()):
        value = inspect.unwrap(value) if callable(value) else value
        if inspect.isclass(value) and value.__module__ == module.__name__:
            yield from functions_of(value, module)
        elif inspect.isfunction(value) and value.__code__.co_filename == module.__file__:
            yield value

def add_all(profiler, module):
    for function in functions_of(module, module):
        profiler.add_function(function)
        for cell in function.__closure__ or ():
            if inspect.isfunction(cell.cell_contents):
                profiler.add_function(cell.cell_contents)

folder, name, mode = sys.argv[1:]
sys.path.insert(0, folder)
module = importlib.import_module(name)

async def serially():
    for shape in module.SHAPES:
        await asyncio.ensure_future(shape())

async def overlapped():
    await asyncio.gather(*(shape() for shape in module.SHAPES))

profiler = memory_profiler.LineProfiler()
add_all(profiler, module)
if mode == "run":
    with profiler:
        module.run()
else:
    # begun in the task: the loop's own tasks are of its context
    async def main():
        with profiler:
            await {"serially": serially, "overlapped": overlapped}[mode]()
    asyncio.run(main())
print(json.dumps({line: figures[2] for table in profiler.code_map.values()
                  for line, figures in table.items()}))
'''

SHAPES = '''
import asyncio
import contextlib


class Managed:
    def __init__(self, suppresses=False):
        self.suppresses = suppresses

    async def __aenter__(self):
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *details):
        await asyncio.sleep(0)
        return self.suppresses


async def waits():
    for turn in range(3):
        await asyncio.sleep(0)
    return turn


async def awaits_within():
    first = await waits()
    second = [await waits() for _ in range(2)]
    return (first +
            await waits() +
            len(second))


async def manages():
    async with Managed() as one:
        await asyncio.sleep(0)
    after = one
    async with Managed(), \\\\
            Managed():
        inside = 1
    return after, inside


async def leaves_early():
    for turn in range(3):
        async with Managed():
            if turn == 1:
                continue
            await asyncio.sleep(0)
            if turn == 2:
                break
    else:
        turn = -1
    async with Managed():
        return turn


async def suppresses():
    async with Managed(True):
        await asyncio.sleep(0)
        raise KeyError
    try:
        async with Managed():
            raise ValueError
    except ValueError:
        await asyncio.sleep(0)
    finally:
        done = True
    return done


async def numbers(count):
    for number in range(count):
        await asyncio.sleep(0)
        yield number
    await asyncio.sleep(0)


async def iterates():
    total = 0
    async for number in numbers(3):
        total += number
    else:
        total += 1
    async for number in numbers(3):
        if number == 1:
            continue
        total += number
    return total


async def comprehends():
    squares = [number * number async for number in numbers(4)]
    named = {number: str(number)
             async for number in numbers(2)
             if number}
    return squares, named


async def receives():
    told = None
    while True:
        try:
            told = yield told
            await asyncio.sleep(0)
        except KeyError:
            told = "thrown"


async def sends():
    generator = receives()
    await generator.asend(None)
    await generator.asend(1)
    await generator.athrow(KeyError())
    await generator.aclose()


async def fails():
    await asyncio.sleep(0)
    raise KeyError("as asked")


async def catches():
    try:
        await fails()
    except KeyError as exc:
        await asyncio.sleep(0)
        return str(exc)


async def sleeps():
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError:
        await asyncio.sleep(0)
        raise


async def cancels():
    task = asyncio.ensure_future(sleeps())
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True


@contextlib.asynccontextmanager
async def managed():
    await asyncio.sleep(0)
    try:
        yield 1
    finally:
        await asyncio.sleep(0)


async def uses_a_generator():
    async with managed() as one:
        await asyncio.sleep(0)
    return one


def steps(count):
    for number in range(count):
        told = yield number
    return told


def delegates():
    result = yield from steps(3)
    yield result


async def uses_generators():
    taken = []
    for number in delegates():
        taken.append(number)
        await asyncio.sleep(0)
    return taken


async def recurses(depth=3):
    await asyncio.sleep(0)
    if depth:
        return 1 + await recurses(depth - 1)
    return 0


SHAPES = [waits, awaits_within, manages, leaves_early, suppresses, iterates, comprehends, sends,
          catches, cancels, uses_a_generator, uses_generators, recurses]
'''.replace("\\\\", "\\")


def version():
    return os.environ.get("PYMEMTOP_PYTHON") or re.search(
        "python(3[.][0-9]+)$", glob.glob(os.path.join(VENV, "lib", "python3.*"))[0]).group(1)


def counted(command, *arguments):
    """{line: occurrences}"""
    done = subprocess.run([*command, *map(str, arguments)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8", timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return {int(line): count for line, count in json.loads(done.stdout).items()}


def both(tmp_path, folder, name, mode, real_mode=None):
    """What the real one has counted, and what the stand-in has."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    worker = os.path.join(os.environ["PYMEMTOP_BUILD"], "pymemtop-worker-" + version())
    real = counted([os.path.join(VENV, "bin", "python"), script], folder, name, real_mode or mode)
    return real, counted([worker, "--run", str(script)], folder, name, mode)


def differences(real, ours, lines, unseen=()):
    return [(line, lines[line - 1], real.get(line), ours.get(line)) for line in sorted({*real, *ours})
            if real.get(line) != ours.get(line) and line not in unseen]


@pytest.mark.parametrize("mode", ["serially", "overlapped"])
def test_coroutines(tmp_path, mode):
    path = tmp_path / "coroutines.py"
    path.write_text(SHAPES)
    real, ours = both(tmp_path, tmp_path, "coroutines", mode, "serially")
    assert len(real) > 90
    assert differences(real, ours, SHAPES.splitlines()) == []


# Of what is dropped or closed, Python up to 3.10 shows memory_profiler nothing.
UNSEEN = {"yield 1", 'len("dropped")', "finally:"}


@pytest.mark.parametrize("name", ["shapes", "shapes_310"])
def test_synchronous_code(tmp_path, name):
    """Rows alike, of functions, generators, classes, exceptions and recursion."""
    old = tuple(map(int, version().split("."))) < (3, 10)
    if old and name == "shapes_310":
        pytest.skip("needs match, which came with Python 3.10")
    path = os.path.join(APPS, "shapes", name + ".py")
    real, ours = both(tmp_path, os.path.dirname(path), name, "run")
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    unseen = set()
    if name == "shapes" and tuple(map(int, version().split("."))) < (3, 11):
        start = lines.index("def dropped():") + 1
        unseen = {line for line in range(start, start + 5) if lines[line - 1].strip() in UNSEEN}
    assert len(real) > (250 if name == "shapes" else 8)
    assert differences(real, ours, lines, unseen) == []
