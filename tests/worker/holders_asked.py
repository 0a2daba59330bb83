"""Asking a worker who holds what, as its host does (QUESTION_HOLDERS), for tests."""

import time

from worker_process import QUESTION_HOLDERS, holders_body

LIMIT = 60  # seconds


def line_of(text, mark):
    """The line that ends with that mark, as a comment."""
    return next(i for i, line in enumerate(text.split("\n"), 1) if line.endswith("# " + mark))


def send_question(worker, path, lines, budget_ms=20000):
    """The Answer to come."""
    return worker.ask(QUESTION_HOLDERS, holders_body(*((path, line) for line in lines)), budget_ms)


def ask(worker, path, *lines, budget_ms=20000):
    return send_question(worker, path, lines, budget_ms).read()


def wait_for(what, condition):
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.0005)
    raise AssertionError("waited in vain for " + what)
