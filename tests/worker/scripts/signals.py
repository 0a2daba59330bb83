"""Signals wake the worker's loop, whoever handles them."""

import asyncio
import os
import signal
import subprocess
import sys

import cases


def kill_later(number):
    """Send the signal from another process, when this one waits with nothing else to wake it."""
    return subprocess.Popen([sys.executable, "-S", "-c", "import os, time; time.sleep(0.05); "
                             "os.kill({}, {})".format(os.getpid(), int(number))])


async def wait_for_plain_handler():
    """The loop has no timer and nothing to read while the signal comes."""
    loop = asyncio.get_running_loop()
    came = loop.create_future()
    before = signal.signal(signal.SIGUSR2, lambda *_: came.set_result(None))
    process = kill_later(signal.SIGUSR2)
    await came
    signal.signal(signal.SIGUSR2, before)
    process.wait()


async def test_add_signal_handler():
    loop = asyncio.get_running_loop()
    came = loop.create_future()
    loop.add_signal_handler(signal.SIGUSR1, came.set_result, None)
    process = kill_later(signal.SIGUSR1)
    await came
    assert loop.remove_signal_handler(signal.SIGUSR1)
    assert not loop.remove_signal_handler(signal.SIGUSR1)
    process.wait()


async def test_plain_handler():
    await wait_for_plain_handler()


async def test_plain_handler_after_remove():
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, lambda: None)
    loop.remove_signal_handler(signal.SIGUSR1)
    await wait_for_plain_handler()


async def test_handler_that_raises():
    """An exception of a handler comes out of the loop, as KeyboardInterrupt does."""
    signal.set_wakeup_fd(signal.set_wakeup_fd(-1))  # it is set, and may be looked at

    class Alarm(Exception):
        pass

    def handler(*_):
        raise Alarm

    signal.signal(signal.SIGALRM, handler)
    try:
        process = kill_later(signal.SIGALRM)
        while True:
            os.stat("/")
            if process.poll() is not None:
                await asyncio.sleep(0)
    except Alarm:
        pass
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


cases.run(globals())
assert signal.set_wakeup_fd(-1) == -1  # a closed loop leaves none behind
