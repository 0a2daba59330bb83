"""Asking a worker who holds what, as its host does (FRAME_HOLDERS), for tests."""

import os
import struct
import time

HOLDERS, TOLD = 5, 21
LIMIT = 60  # seconds


def line_of(text, mark):
    """The line that ends with that mark, as a comment."""
    return next(i for i, line in enumerate(text.split("\n"), 1) if line.endswith("# " + mark))


def send_question(worker, path, lines, budget_ms=None):
    name = str(path).encode()
    body = b"".join(struct.pack("=II", line, len(name)) + name for line in lines)
    worker.send(HOLDERS, {} if budget_ms is None else {"budget_ms": budget_ms}, body)


def answer(worker, percents=None):
    """The answer, when it has come; percents: a list for what is told before."""
    while True:
        told = worker.expect(TOLD)
        if told["percent"] == 100:
            return told
        if percents is not None:
            percents.append(told["percent"])


def ask(worker, path, *lines, budget_ms=None):
    send_question(worker, path, lines, budget_ms)
    return answer(worker)


def children_of(pid):
    found = []
    for task in os.listdir("/proc/{}/task".format(pid)):
        with open("/proc/{}/task/{}/children".format(pid, task)) as file:
            found += [int(word) for word in file.read().split()]
    return found


def wait_for(what, condition):
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.0005)
    raise AssertionError("waited in vain for " + what)
