"""Native blocks in threads that Python knows and does not know, in signal handlers' shadow, in forked
children: everything comes back, and nothing hangs."""
import contextlib
import ctypes
import mmap
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

from _pymemtop import heap_bytes

libc = ctypes.CDLL(None)
libc.malloc.restype = libc.realloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
libc.mmap.restype = libc.mremap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int,
                      ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
libc.mremap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int,
                        ctypes.c_void_p]
ANONYMOUS = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
MREMAP_MAYMOVE = 1
MREMAP_FIXED = 2
free_address = ctypes.cast(libc.free, ctypes.c_void_p)
SANITIZED = bool(os.environ.get("PYMEMTOP_SANITIZED"))
STRESS = int(os.environ.get("PYMEMTOP_TEST_STRESS", "100"))  # percent: less for slow tools


def native_bytes():
    return heap_bytes()[2]


def churn(seed, turns=4000):
    """ctypes lets go of the interpreter lock in every call."""
    numbers = random.Random(seed)
    blocks = []
    for _ in range(turns * STRESS // 100):
        choice = numbers.randrange(4)
        if choice < 2 or not blocks:
            blocks.append(libc.malloc(numbers.choice((1, 24, 100, 1000, 1023, 1024, 1025, 5000, 200_000))))
        elif choice == 2:
            at = numbers.randrange(len(blocks))
            blocks[at] = libc.realloc(blocks[at], numbers.choice((10, 1000, 1030, 70_000, 300_000)))
        else:
            libc.free(blocks.pop(numbers.randrange(len(blocks))))
    return blocks


def in_threads(count, work):
    errors = []

    def run(seed):
        try:
            work(seed)
        except BaseException as exc:
            errors.append(exc)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors


def test_single_blocks():
    for size in (1, 100, 1023, 1024, 100_000, 3 << 30):
        before = native_bytes()
        block = libc.malloc(size)
        taken = native_bytes() - before
        assert SANITIZED or size <= taken < size + 100, (size, taken)
        libc.free(block)
        assert native_bytes() == before, size


class Totals(ctypes.Structure):
    """mallinfo2(3)"""
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks",
        "keepcost")]


def test_same_as_mallocs_own_totals():
    if SANITIZED or not hasattr(libc, "mallinfo2"):
        return
    libc.mallinfo2.restype = Totals

    def in_use():
        totals = libc.mallinfo2()
        return totals.uordblks + totals.hblkhd

    def counted():
        """Also what Python's allocators have from malloc, of which the small blocks have none."""
        return sum(heap_bytes())

    sizes = [16, 100, 1000, 1024, 5000, 100_000, 300_000] * 40
    counted(), in_use()
    used, count = in_use(), counted()
    if used == 0:  # the malloc below is valgrind's
        return
    blocks = [libc.malloc(size) for size in sizes]
    used, count = in_use() - used, counted() - count
    # A header and rounding for each block, whole pages for the largest; malloc takes freed blocks that
    # a thread keeps at hand (at most 7 of each of 64 sizes to 1 KiB) for used ones.
    assert sum(sizes) <= count <= used + 300_000 and used <= count + 4200 * len(sizes), (used, count)
    for block in blocks:
        libc.free(block)


def test_threads_at_once():
    churn_and_free = lambda seed: [libc.free(block) for block in churn(seed)]
    in_threads(4, churn_and_free)
    before = native_bytes()
    in_threads(6, churn_and_free)
    # A new arena for a thread, say, is nobody's block; Python's own native ones are few.
    assert abs(native_bytes() - before) < 10_000, native_bytes() - before


def test_freed_by_another_thread():
    handed = []
    least = 10_000 * STRESS
    in_threads(4, lambda seed: handed.extend(churn(seed)))
    before = native_bytes()
    assert SANITIZED or before > least
    in_threads(1, lambda seed: [libc.free(block) for block in handed])
    assert SANITIZED or native_bytes() < before - least


def test_thread_that_python_does_not_know():
    before = native_bytes()
    for _ in range(50):
        block = libc.malloc(500_000)
        thread = ctypes.c_void_p()
        assert libc.pthread_create(ctypes.byref(thread), None, free_address,
                                   ctypes.c_void_p(block)) == 0
        libc.pthread_join(thread, None)
    assert abs(native_bytes() - before) < 5000, native_bytes() - before


def map_pages(count):
    return libc.mmap(None, count * mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_WRITE, ANONYMOUS, -1, 0)


def test_parts_of_mappings():
    page = mmap.PAGESIZE
    before = native_bytes()

    def taken():
        """Rounded: a thread of an earlier test may just be giving back what little it had."""
        return (native_bytes() - before + page // 2) // page if not SANITIZED else None

    def expect(pages):
        assert SANITIZED or taken() == pages, (taken(), pages)

    start = map_pages(20)
    expect(20)
    libc.munmap(start, 3 * page)
    expect(17)
    libc.munmap(start + 17 * page, 3 * page)
    expect(14)
    libc.munmap(start + 8 * page, 2 * page)
    expect(12)
    libc.munmap(start + 7 * page, 4 * page)  # one each side of the hole
    expect(10)
    MAP_FIXED = 16
    assert libc.mmap(start + 4 * page, 2 * page, mmap.PROT_READ, ANONYMOUS | MAP_FIXED, -1, 0)
    expect(10)
    libc.munmap(start, 20 * page)
    expect(0)


def test_ends_of_mappings_that_fail():
    """What is refused has not gone."""
    page = mmap.PAGESIZE
    before = native_bytes()
    start = map_pages(8)
    held = native_bytes() - before
    assert libc.munmap(start + 1, page) == -1 and libc.munmap(start, 0) == -1
    assert libc.mremap(start, 8 * page, 1 << 60, MREMAP_MAYMOVE, None) == ctypes.c_void_p(-1).value
    assert abs(native_bytes() - before - held) < page // 2
    start = libc.mremap(start, 8 * page, 12 * page, MREMAP_MAYMOVE, None)
    assert SANITIZED or abs(native_bytes() - before - 12 * page) < page // 2
    libc.munmap(start, 12 * page)
    assert abs(native_bytes() - before) < page // 2


def test_file_moved_over_a_mapping():
    """The anonymous pages that were there are gone."""
    page = mmap.PAGESIZE
    with tempfile.TemporaryFile() as file:
        file.write(bytes(8 * page))
        file.flush()
        before = native_bytes()
        start = map_pages(8)
        from_file = libc.mmap(None, 8 * page, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
        moved = libc.mremap(from_file, 8 * page, 8 * page, MREMAP_MAYMOVE | MREMAP_FIXED, start)
        assert moved == start
        assert abs(native_bytes() - before) < page // 2
        libc.munmap(start, 8 * page)
    assert abs(native_bytes() - before) < page // 2


def test_mappings_of_threads_at_once():
    """The kernel gives what one has just unmapped to another one."""
    page = mmap.PAGESIZE

    def work(seed):
        for turn in range(20 * STRESS):
            start = map_pages(4)
            if turn % 3 == 0:
                start = libc.mremap(start, 4 * page, 5 * page, MREMAP_MAYMOVE, None)
            libc.munmap(start, 5 * page if turn % 3 == 0 else 4 * page)

    before = native_bytes()
    kept = [map_pages(4) for _ in range(3)]
    in_threads(4, work)
    assert SANITIZED or abs(native_bytes() - before - 12 * page) < 10_000, native_bytes() - before
    for start in kept:
        libc.munmap(start, 4 * page)


def test_fork_in_the_middle():
    stop = threading.Event()
    # AddressSanitizer's allocator stays locked in a child where a thread was in it at the fork.
    outside = threading.Lock() if SANITIZED else contextlib.nullcontext()

    def work(seed):
        while not stop.is_set():
            with outside:
                for block in churn(seed, 200):
                    libc.free(block)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(max(20 * STRESS // 100, 2)):
        with outside:
            child = os.fork()
        if child == 0:
            for block in churn(turn, 300):
                libc.free(block)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0, turn
        done = subprocess.run([sys.executable if os.access(sys.executable, os.X_OK) else "true", "-c", ""]
                              if turn % 5 == 0 else ["true"], timeout=60)
        assert done.returncode == 0
    stop.set()
    for thread in threads:
        thread.join()


def test_signals_meanwhile():
    fired = []
    signal.signal(signal.SIGALRM, lambda *_: fired.append(libc.malloc(2000)))
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        deadline = time.monotonic() + 30
        while len(fired) < STRESS and time.monotonic() < deadline:
            for block in churn(len(fired), 100):
                libc.free(block)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    assert len(fired) >= STRESS
    for block in fired:
        libc.free(block)


for name, test in sorted(globals().copy().items()):
    if name.startswith("test_"):
        test()
        print("ok", name, flush=True)
