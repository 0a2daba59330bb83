"""Interpreters with a lock of their own (3.12 and later) allocate while this one does."""

import sys
import threading

import _pymemtop

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


def test_added_beside_the_account():
    if interpreters:
        number = interpreters.create()
        python, raw, _ = _pymemtop.heap_bytes()
        run = (number, "keep = [bytearray(1000) for _ in range(20_000)]")
        thread = threading.Thread(target=interpreters.run_string, args=run)
        thread.start()
        thread.join()
        later_python, later_raw, _ = _pymemtop.heap_bytes()
        assert later_raw - raw > 20_000_000, (later_raw, raw)
        assert later_python - python < 2_000_000, (later_python, python)
        interpreters.destroy(number)
        freed_python, freed_raw, _ = _pymemtop.heap_bytes()
        assert freed_python + freed_raw - python - raw < 2_000_000
    print("ok test_added_beside_the_account")


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


test_added_beside_the_account()
test_locks_of_their_own()
