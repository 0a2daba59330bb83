"""Timers on the worker's loop: in order, never early, never lost."""

import asyncio
import time

import cases


async def test_order():
    seen = []
    loop = asyncio.get_running_loop()
    for delay in (0.03, 0.01, 0.02, 0):
        loop.call_later(delay, seen.append, delay)
    await asyncio.sleep(0.05)
    assert seen == [0, 0.01, 0.02, 0.03], seen


async def test_never_early():
    for delay in (0.0001, 0.001, 0.0015, 0.0101):
        start = time.monotonic()
        await asyncio.sleep(delay)
        assert time.monotonic() - start >= delay


async def test_cancelled_wait():
    sleeper = asyncio.ensure_future(asyncio.sleep(3600))
    await asyncio.sleep(0)
    sleeper.cancel()
    try:
        await sleeper
    except asyncio.CancelledError:
        return
    raise AssertionError("not cancelled")


async def test_wait_for_times_out():
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.01)
    except asyncio.TimeoutError:
        return
    raise AssertionError("no time-out")


async def test_many():
    await asyncio.gather(*(asyncio.sleep(0.0005 * i) for i in range(200)))


async def test_far_away():
    handle = asyncio.get_running_loop().call_later(10 * 365 * 86400, print, "too early")
    await asyncio.sleep(0.001)
    handle.cancel()


async def test_busy_loop_serves_all():
    """Callbacks that are always ready do not keep timers and descriptors from being served."""
    loop = asyncio.get_running_loop()
    going = True

    def spin():
        if going:
            loop.call_soon(spin)

    spin()
    await asyncio.sleep(0.01)
    assert await loop.run_in_executor(None, lambda: 5) == 5
    going = False


cases.run(globals())
