"""Threads and the worker's loop."""

import asyncio
import threading
import time

import cases


async def test_executor():
    loop = asyncio.get_running_loop()
    results = await asyncio.gather(*(loop.run_in_executor(None, pow, number, 2)
                                     for number in range(100)))
    assert results == [number ** 2 for number in range(100)]


async def test_call_soon_threadsafe_wakes():
    """The loop has nothing to do, and no timer, when another thread calls."""
    loop = asyncio.get_running_loop()
    for _ in range(50):
        called = loop.create_future()
        threading.Thread(target=loop.call_soon_threadsafe, args=(called.set_result, 1)).start()
        assert await called == 1


async def test_many_threads_call():
    loop = asyncio.get_running_loop()
    count, threads, each = 0, 8, 500
    done = loop.create_future()

    def step():
        nonlocal count
        count += 1
        if count == threads * each:
            done.set_result(None)

    def work():
        for _ in range(each):
            loop.call_soon_threadsafe(step)

    for _ in range(threads):
        threading.Thread(target=work).start()
    await done


async def test_run_coroutine_threadsafe():
    loop = asyncio.get_running_loop()

    async def answer():
        await asyncio.sleep(0)
        return 42

    def ask():
        return asyncio.run_coroutine_threadsafe(answer(), loop).result()

    assert await loop.run_in_executor(None, ask) == 42


async def test_lock_is_released_while_waiting():
    """A thread computes while the loop waits."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def compute():
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass
        loop.call_soon_threadsafe(done.set_result, None)

    threading.Thread(target=compute).start()
    await done


async def test_loop_in_another_thread():
    """asyncio.run() in a thread has a loop of its own, as in a sync handler."""
    async def work():
        await asyncio.sleep(0.001)
        return threading.current_thread()

    thread = await asyncio.get_running_loop().run_in_executor(None, lambda: asyncio.run(work()))
    assert thread is not threading.main_thread()


cases.run(globals())
