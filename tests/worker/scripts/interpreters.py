"""Interpreters with a lock of their own (3.12 and later) allocate while this one does."""

import sys
import threading

try:
    if sys.version_info >= (3, 13):
        import _interpreters as interpreters
    elif sys.version_info >= (3, 12):
        import _xxsubinterpreters as interpreters
    else:
        interpreters = None
except ImportError:
    interpreters = None

WORK = """
def work(count):
    blocks = [bytearray(i % 3000) for i in range(count)]
    return {i: [i] * 3 for i in range(count)}, blocks
"""
shown = []


def work(count):
    blocks = [bytearray(i % 3000) for i in range(count)]
    return {i: [i] * 3 for i in range(count)}, blocks


def work_deep(count, depth):
    """The same in frames that are profiled."""
    local = work(count)
    return len(local) + (work_deep(count, depth - 1) if depth else 0)


def elsewhere():
    for _ in range(6):
        number = interpreters.create()
        shown.append(interpreters.run_string(number, WORK + "for _ in range(200): work(1000)"))
        interpreters.destroy(number)


def test_locks_of_their_own():
    if interpreters:
        threads = [threading.Thread(target=elsewhere) for _ in range(3)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            work_deep(100, 20)
        for thread in threads:
            thread.join()
        assert shown == [None] * 18, shown
    print("ok test_locks_of_their_own")


test_locks_of_their_own()
