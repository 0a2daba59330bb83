"""Event loops, threads, deep stacks and odd code, from a function that is not asynchronous."""
import asyncio
import functools
import io
import sys
import threading

import azure.functions as func

import first
import second

KEPT = []


def filler(mib):
    """A call that takes as much, and in which no line of Python runs."""
    stream = io.BytesIO()
    stream.seek(mib << 20)
    KEPT.append(stream)
    return functools.partial(stream.write, b"x")


# ---- a loop of its own

async def in_loop(mib):
    KEPT.append(bytearray(2 << 20))  # loop: before
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.002 * mib, filler(mib))
    asyncio.get_running_loop().call_later(0.002 * mib + 0.01, done.set_result, None)
    await (wait_three(done) if mib == 3 else wait_five(done))


async def wait_three(done):
    await done  # loop: three


async def wait_five(done):
    await done  # loop: five
    KEPT.append(bytearray(1 << 20))  # loop: after


async def both():
    await asyncio.gather(in_loop(3), in_loop(5))  # loop: gather


def own_loop():
    asyncio.run(both())  # loop: run


# ---- threads

def in_thread(mib):
    KEPT.append(bytearray(4 << 20))  # thread: take


def threads():
    started = [threading.Thread(target=in_thread, args=(4,)) for _ in range(3)]
    for thread in started:
        thread.start()
        thread.join()  # thread: join


def loop_in_thread():
    thread = threading.Thread(target=asyncio.run, args=(thread_main(),))
    thread.start()
    thread.join()


async def thread_main():
    await asyncio.sleep(0)
    KEPT.append(bytearray(3 << 20))  # thread: loop


# ---- deep stacks

def deep(depth):
    if depth == 0:
        KEPT.append(bytearray(6 << 20))  # deep: end
        return
    deep(depth - 1)  # deep: link


def deep_generator(depth):
    if depth == 0:
        KEPT.append(bytearray(5 << 20))  # deep generator: end
        yield depth
        return
    yield from deep_generator(depth - 1)  # deep generator: link


def deep_stacks():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(12000)
    deep(5000)  # deep: begin
    assert list(deep_generator(500)) == [0]  # deep generator: begin
    sys.setrecursionlimit(limit)


# ---- exceptions through many frames

def raises(depth):
    if depth == 0:
        raise ValueError("deep")
    block = bytearray(1 << 20)  # raises: block
    try:
        raises(depth - 1)  # raises: link
    finally:
        KEPT.append(block)


def catches():
    try:
        raises(7)  # raises: begin
    except ValueError:
        KEPT.append(bytearray(2 << 20))  # raises: except


# ---- generators

def delegate():
    try:
        yield 1
    except KeyError:
        KEPT.append(bytearray(3 << 20))  # delegate: except
        yield 2


def delegator():
    yield from delegate()  # delegate: yield from


def throws():
    generator = delegator()
    next(generator)
    generator.throw(KeyError("thrown"))  # delegate: throw
    generator.close()


def held():
    block = bytearray(8 << 20)  # held: take
    try:
        yield len(block)
    finally:
        KEPT.append(bytearray(2 << 20))  # held: finally


def drops():
    generator = held()
    next(generator)  # held: next
    del generator  # held: del


# ---- code that is made at run time

def dynamic():
    names = {"KEPT": KEPT}
    exec("def take():\n    KEPT.append(bytearray(5 << 20))\ntake()\n", names)  # dynamic: exec
    KEPT.append(eval("bytearray(3 << 20)"))  # dynamic: eval


SOURCE = "\n" * 400 + "def redefined():\n    return bytearray(%d << 20)\n"


def redefines():
    for mib in (1, 2, 3):
        exec(compile(SOURCE % mib, __file__, "exec"), globals())
        KEPT.append(redefined())  # noqa: F821, redefined: call


def same_code():
    KEPT.append(first.same(2))  # same: first
    KEPT.append(second.same(3))  # same: second


def main(req: func.HttpRequest) -> func.HttpResponse:
    own_loop()
    threads()
    loop_in_thread()
    deep_stacks()
    catches()
    throws()
    drops()
    dynamic()
    redefines()
    same_code()
    return func.HttpResponse("done")
