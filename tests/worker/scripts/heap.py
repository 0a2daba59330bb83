"""The heap's counters against tracemalloc's, in threads, in a forked child, in the collector."""
import gc
import os
import random
import sys
import threading
import time
import tracemalloc

from _pymemtop import heap_bytes

STRESS = int(os.environ.get("PYMEMTOP_TEST_STRESS", "100"))  # percent: less for slow tools


def python_bytes():
    return heap_bytes()[0]


def churn(seed):
    """Random allocations, reallocations and ends; what is returned is alive."""
    numbers = random.Random(seed)
    kept = []
    for _ in range(max(1500 * STRESS // 100, 50)):
        choice = numbers.randrange(8)
        if choice < 3:
            kept.append(bytes(numbers.choice((0, 1, 100, 511, 512, 513, 1000, 5000, 70000))))
        elif choice == 3:
            kept.append([None] * numbers.randrange(2000))
        elif choice == 4 and kept:
            kept.pop(numbers.randrange(len(kept)))
        elif choice == 5:
            grown = bytearray()
            for _ in range(20):
                grown.extend(b"x" * numbers.randrange(400))
                del grown[:numbers.randrange(len(grown) + 1)]
            kept.append(grown)
        elif choice == 6:
            kept.append({number: str(number) for number in range(numbers.randrange(200))})
        else:
            ring = [numbers.random()]
            ring.append(ring)
    gc.collect()
    return kept


def test_same_as_tracemalloc():
    tracemalloc.start(1)
    try:
        churn(0)
        for seed in range(1, 4):
            traced, counted = tracemalloc.get_traced_memory()[0], python_bytes()
            kept = churn(seed)
            counted = python_bytes() - counted
            traced = tracemalloc.get_traced_memory()[0] - traced
            # Both see every call; tracemalloc does not know what was allocated before it began, and
            # has the RAW blocks, of which there are few.
            assert abs(traced - counted) < 8000, (traced, counted)
            assert counted > 50_000 * STRESS
            del kept
    finally:
        tracemalloc.stop()


def test_all_comes_back():
    churn(0)
    before = python_bytes()
    for seed in range(5):
        churn(seed)
    gc.collect()
    assert abs(python_bytes() - before) < 20_000, python_bytes() - before


def test_the_allocators_own_tables_are_nobodys():
    raw = heap_bytes()[1]
    kept = [bytes(400) for _ in range(STRESS * 1000)]  # some dozens of arenas
    assert abs(heap_bytes()[1] - raw) < 500, heap_bytes()[1] - raw
    assert len(kept) == STRESS * 1000


def test_single_blocks():
    for size in (0, 1, 8, 479, 480, 511, 512, 513, 4096, 1 << 20, STRESS * (50 << 20)):
        before = python_bytes()
        # The pages of the largest one are better not touched.
        block = bytearray(size) if size <= 1 << 20 else bytes(size)
        taken = python_bytes() - before
        expected = sys.getsizeof(block)
        assert abs(taken - expected) < 200, (size, taken, expected)
        del block
        assert abs(python_bytes() - before) < 200, size


def test_threads_at_once():
    """Each frees what another one has allocated."""
    handed, errors = [], []

    def work(seed):
        try:
            for turn in range(max(10 * STRESS // 100, 2)):
                handed.append(churn(seed + turn))
                if len(handed) > 4:
                    handed.pop(0)
        except Exception as exc:
            errors.append(exc)

    churn(0)
    before = python_bytes()
    threads = [threading.Thread(target=work, args=(seed * 100,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert python_bytes() - before > 1000 * STRESS
    handed.clear()
    threads.clear()
    gc.collect()
    assert abs(python_bytes() - before) < 50_000, python_bytes() - before


def test_forked_child_goes_on():
    def hold(stop):
        while not stop.is_set():
            churn(1)

    stop = threading.Event()
    threads = [threading.Thread(target=hold, args=(stop,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for turn in range(max(5 * STRESS // 100, 1)):
        child = os.fork()
        if child == 0:
            block = [bytearray(3 << 20) for _ in range(20)]
            churn(2)
            os._exit(0 if len(block) == 20 else 1)
        assert os.waitpid(child, 0)[1] == 0, turn
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()


def test_failed_allocation():
    before = python_bytes()
    for _ in range(3):
        try:
            bytearray(1 << 46)
        except MemoryError:
            pass
        else:
            raise AssertionError("64 TiB were given out")
    block = bytearray(1000)
    try:
        block *= 1 << 36
    except MemoryError:
        pass
    assert block == bytes(1000)
    del block
    assert abs(python_bytes() - before) < 1000


for name, test in sorted(globals().copy().items()):
    if name.startswith("test_"):
        test()
        print("ok", name, flush=True)
