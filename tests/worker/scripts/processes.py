"""Subprocesses and forks beside the worker's loop."""

import asyncio
import multiprocessing
import os
import sys

import cases


async def test_communicate():
    process = await asyncio.create_subprocess_exec(
        "cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    data = bytes(range(256)) * 2048
    out, _ = await process.communicate(data)
    assert out == data and process.returncode == 0


async def test_shell_and_status():
    process = await asyncio.create_subprocess_shell("exit 7")
    assert await process.wait() == 7


async def test_kill():
    process = await asyncio.create_subprocess_exec("sleep", "1000")
    process.kill()
    assert await process.wait() == -9


async def test_child_that_closes_its_stdin():
    """EPOLLERR on the pipe to it."""
    process = await asyncio.create_subprocess_shell(
        "exec 0<&-; echo closed; exec sleep 1000", stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE)
    assert await process.stdout.readline() == b"closed\n"
    try:
        process.stdin.write(bytes(1 << 20))
        await process.stdin.drain()
        raise AssertionError("nobody reads")
    except (BrokenPipeError, ConnectionResetError):
        pass
    process.kill()
    await process.wait()


async def test_many():
    async def one(number):
        process = await asyncio.create_subprocess_exec(
            "echo", str(number), stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
        assert int(out) == number

    await asyncio.gather(*(one(number) for number in range(20)))


def in_child(queue):
    async def work():
        await asyncio.sleep(0.001)
        return os.getpid()
    asyncio.set_event_loop(None)
    queue.put(asyncio.run(work()))


async def test_fork_with_a_loop_of_its_own():
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=in_child, args=(queue,))
    child.start()
    loop = asyncio.get_running_loop()
    assert await loop.run_in_executor(None, queue.get) == child.pid
    await loop.run_in_executor(None, child.join)
    assert child.exitcode == 0


async def test_fork_leaves_the_loop_alone():
    """A child that takes its copy of the loop apart does not reach the parent's."""
    loop = asyncio.get_running_loop()
    reader, writer = os.pipe()
    got = loop.create_future()
    loop.add_reader(reader, lambda: got.set_result(os.read(reader, 10)))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            loop.remove_reader(reader)
            loop._selector.close()
            status = 0
        finally:
            os._exit(status)
    _, status = await loop.run_in_executor(None, os.waitpid, child, 0)
    assert status == 0, status
    os.write(writer, b"mine")
    assert await got == b"mine"
    loop.remove_reader(reader)
    os.close(reader)
    os.close(writer)


assert sys.platform == "linux"
cases.run(globals())
