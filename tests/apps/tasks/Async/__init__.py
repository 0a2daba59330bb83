"""The shapes of asynchronous code. Each takes blocks of its own size on lines of its own, and keeps
them, so that a report says whether a line was charged with what it took."""
import asyncio
import contextvars
import functools
import io
import sys
import types

import azure.functions as func

KEPT = []
LABEL = contextvars.ContextVar("label")


# ---- asynchronous generators

async def agen_rows(count):
    for _ in range(count):
        KEPT.append(bytearray(4 << 20))  # agen: before the await
        await asyncio.sleep(0)  # agen: await
        yield KEPT[-1]  # agen: yield


async def agen_for():
    async for row in agen_rows(3):  # agen: for
        assert row is not None


async def agen_talk():
    total = 0
    while True:
        try:
            sent = yield total  # talk: yield
        except KeyError:
            KEPT.append(bytearray(5 << 20))  # talk: thrown
            sent = 0
        finally:
            len("talk")
        total += sent


async def agen_close():
    try:
        yield 1
    finally:
        await asyncio.sleep(0)
        KEPT.append(bytearray(6 << 20))  # close: finally


async def agen_driven():
    talk = agen_talk()
    await talk.asend(None)
    await talk.asend(2)  # driven: asend
    await talk.athrow(KeyError)  # driven: athrow
    await talk.aclose()
    closing = agen_close()
    await closing.__anext__()
    await closing.aclose()  # driven: aclose


async def agen_dropped():
    dropped = agen_close_quietly()
    await dropped.__anext__()
    del dropped  # dropped: del
    await asyncio.sleep(0)  # the loop closes it
    await asyncio.sleep(0)


async def agen_close_quietly():
    try:
        yield 1
    finally:
        KEPT.append(bytearray(3 << 20))  # dropped: finally


async def comprehensions():
    made = [row async for row in agen_small(3)]  # async comprehension
    more = {number: await value(number) for number in range(3)}  # await comprehension
    return made, more


async def agen_small(count):
    for _ in range(count):
        await asyncio.sleep(0)
        yield bytearray(2 << 20)  # small: yield


async def value(number):
    await asyncio.sleep(0)
    KEPT.append(bytearray(2 << 20))  # value: take
    return number


# ---- async with

class Manager:
    async def __aenter__(self):
        await asyncio.sleep(0)
        KEPT.append(bytearray(3 << 20))  # aenter

    async def __aexit__(self, *details):
        await asyncio.sleep(0)
        KEPT.append(bytearray(4 << 20))  # aexit


async def async_with():
    async with Manager():  # async with
        KEPT.append(bytearray(2 << 20))  # in async with


# ---- cancelled

async def cancelled_inner():
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        KEPT.append(bytearray(7 << 20))  # cancelled: except
        await asyncio.sleep(0)
        KEPT.append(bytearray(8 << 20))  # cancelled: after an await
        raise


async def cancelled_middle():
    await cancelled_inner()  # cancelled: middle


async def cancelled_outer():
    try:
        await cancelled_middle()  # cancelled: outer
    finally:
        KEPT.append(bytearray(2 << 20))  # cancelled: finally


async def cancels():
    task = asyncio.ensure_future(cancelled_outer())
    await asyncio.sleep(0.01)
    task.cancel()
    try:
        await task  # cancels: await
    except asyncio.CancelledError:
        pass


async def slow():
    try:
        await asyncio.sleep(60)
    finally:
        KEPT.append(bytearray(9 << 20))  # slow: finally


async def times_out():
    try:
        await asyncio.wait_for(slow(), 0.01)  # wait_for
    except asyncio.TimeoutError:
        pass


async def slow_inline():
    try:
        await asyncio.sleep(60)
    finally:
        KEPT.append(bytearray(9 << 20))  # slow inline: finally


async def times_out_inline():
    try:
        async with asyncio.timeout(0.01):
            await slow_inline()  # timeout
    except asyncio.TimeoutError:
        pass


# ---- many tasks over one function

async def member(number):
    KEPT.append(bytearray(1 << 20))  # member: before
    await asyncio.sleep(0.001 * (number % 3))  # member: await
    KEPT.append(bytearray(1 << 20))  # member: after


async def gathers():
    await asyncio.gather(*[member(number) for number in range(20)])  # gather


async def grouped(number):
    await asyncio.sleep(0)
    KEPT.append(bytearray(2 << 20))  # grouped


async def groups():
    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(grouped(number))


async def failing():
    await asyncio.sleep(0)
    raise ValueError("member")


async def sibling():
    try:
        await asyncio.sleep(60)
    finally:
        KEPT.append(bytearray(6 << 20))  # sibling: finally


async def group_fails():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(sibling())
            group.create_task(failing())
    except BaseException as error:
        assert type(error).__name__ == "ExceptionGroup"


# ---- chains

async def chain(depth):
    if depth == 0:
        await asyncio.sleep(0)
        KEPT.append(bytearray(5 << 20))  # chain: end
        return
    await chain(depth - 1)  # chain: link


async def chains():
    await chain(100)  # chain: begin


async def broken(depth):
    if depth == 0:
        await asyncio.sleep(0)
        KEPT.append(bytearray(3 << 20))  # broken: raise
        raise ValueError("broken")
    try:
        await broken(depth - 1)  # broken: link
    except ValueError:
        KEPT.append(bytearray(1 << 20))  # broken: except
        raise


async def breaks():
    try:
        await broken(5)  # broken: begin
    except ValueError:
        pass


async def late(future):
    try:
        await future
    except ValueError:
        KEPT.append(bytearray(4 << 20))  # late: except


async def late_middle(future):
    await late(future)  # late: middle


async def fails_late():
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.005, future.set_exception, ValueError("late"))
    await late_middle(future)  # late: outer


# ---- awaitables of the program's own

class Own:
    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        KEPT.append(bytearray(3 << 20))  # own: await
        return 1


@types.coroutine
def old_style():
    yield
    KEPT.append(bytearray(2 << 20))  # old style


async def own_awaitables():
    await Own()  # own
    await old_style()  # old


# ---- never, or only partly run

async def never():
    KEPT.append(bytearray(64 << 20))  # never


async def never_awaited():
    coroutine = never()
    coroutine.close()


async def half():
    try:
        await asyncio.sleep(60)
    finally:
        KEPT.append(bytearray(4 << 20))  # half: finally


async def half_run():
    coroutine = half()
    coroutine.send(None)
    coroutine.close()  # half: close


# ---- the loop's work

async def served():
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.005, give, future)
    KEPT.append(await future)  # served: await


def give(future):
    future.set_result(bytearray(5 << 20))  # given


def filler(mib):
    """A call that takes as much, and in which no line of Python runs."""
    stream = io.BytesIO()
    stream.seek(mib << 20)
    KEPT.append(stream)
    return functools.partial(stream.write, b"x")


async def fed_inner(done):
    await done  # fed: inner


async def fed():
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.005, filler(6))
    asyncio.get_running_loop().call_later(0.01, done.set_result, None)
    await fed_inner(done)  # fed: outer


async def fed_alone(mib):
    """Several wait at once: what is done in the context of each is told apart."""
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.002 * mib, filler(mib))
    asyncio.get_running_loop().call_later(0.002 * mib + 0.01, done.set_result, None)
    await (wait_two(done) if mib == 2 else wait_four(done))


async def wait_two(done):
    await done  # fed: two


async def wait_four(done):
    await done  # fed: four


async def eager(mib):
    await fed_alone(mib)  # eager: await


async def eager_tasks():
    """Tasks that begin within the call that makes them, each in its own context."""
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    tasks = [loop.create_task(eager(mib)) for mib in (2, 4)]
    loop.set_task_factory(None)
    await asyncio.wait(tasks)  # eager: wait


async def context_alone(mib):
    LABEL.set(mib)
    await asyncio.sleep(0)
    assert LABEL.get() == mib
    KEPT.append(bytearray(3 << 20))  # context: take


async def contexts():
    context = contextvars.copy_context()
    context.run(in_other_context)  # context: run
    await asyncio.gather(context_alone(1), context_alone(2))  # context: gather


def in_other_context():
    LABEL.set("other")
    KEPT.append(bytearray(2 << 20))  # context: other


# ---- other threads

def blocking(mib):
    KEPT.append(bytearray(4 << 20))  # blocking
    return mib


async def executors():
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, blocking, 1)  # executor
    await asyncio.to_thread(blocking, 2)  # to_thread
    await asyncio.gather(asyncio.to_thread(filler(7)))  # to_thread: a call in C
    await asyncio.gather(*[asyncio.to_thread(filler(2)) for _ in range(3)])  # gather in C


async def main(req: func.HttpRequest) -> func.HttpResponse:
    await agen_for()
    await agen_driven()
    await agen_dropped()
    await comprehensions()
    await async_with()
    await cancels()
    await times_out()
    if sys.version_info >= (3, 11):
        await times_out_inline()
        await groups()
        await group_fails()
    await gathers()
    await chains()
    await breaks()
    await fails_late()
    await own_awaitables()
    await never_awaited()
    await half_run()
    await served()
    await fed()
    await asyncio.gather(fed_alone(2), fed_alone(4))  # fed: gather
    if sys.version_info >= (3, 12):
        await eager_tasks()
    await contexts()
    await executors()
    return func.HttpResponse("done")
