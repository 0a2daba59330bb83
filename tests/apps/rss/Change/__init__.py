"""Changes the RSS in every way that Python code has: GET /api/Change?how=mixed&turns=100"""
import ctypes
import mmap
import os
import threading

import azure.functions as func
import numpy

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
free = ctypes.cast(libc.free, ctypes.c_void_p)
strdup = ctypes.cast(libc.strdup, ctypes.c_void_p)
zeros = open("/dev/zero", "rb", buffering=0)


def mixed(turns):
    kept = []
    for turn in range(turns):
        block = bytearray(300000)
        numbers = [0] * 1000
        kept.append(bytes(5000))
        kept.append({"turn": turn, "numbers": [turn] * 10})
        text = b"x" * 200000
        block = None
        squares = {number: number for number in range(50)}
        zeros.readinto(bytearray(4096))
        block = bytearray(1 << 20)
        zeros.readinto(block)
        block = None
        pages = mmap.mmap(-1, 65536)
        pages[0:5000] = b"y" * 5000
        pages.resize(131072)
        pages.close()
        if turn % 40 == 39:
            kept.clear()
        text = zeros.read(100000)
        pages = mmap.mmap(-1, 4 << 20)
        pages.madvise(mmap.MADV_HUGEPAGE)
        pages[0] = 1
        pages[3 << 20] = 1
        pages.madvise(mmap.MADV_DONTNEED)
        pages.close()
        native = libc.malloc(40000000)
        ctypes.memset(native, 1, 10000)
        libc.free(native)
        libc.malloc_trim(0)
        block = bytearray(1000)
        block.extend(b"z" * 500000)
        ones = numpy.ones(300000)
        twos = ones + ones
        ones = None
        twos = None
        if turn % 10 == 0:
            child = os.fork()
            if child == 0:
                os._exit(0)
            os.waitpid(child, 0)
    return len(numbers) + len(text) + len(squares) + (twos is None)


def grow(turns):
    kept = []
    for turn in range(turns):
        kept.append({"turn": turn, "list": [turn]})
        kept.append(str(turn) * 20)
    return len(kept)


def count(turns):
    total = 0
    for turn in range(turns):
        total += turn
        total ^= 3
    return total


def short(_turns):
    return [bytes(3000) for _ in range(300)]


def one_by_one(turns):
    """Threads of which one at a time runs."""
    for _ in range(turns):
        thread = threading.Thread(target=short, args=(0,))
        thread.start()
        thread.join()
        kept = [bytes(2000) for _ in range(500)]
        kept = None
    return kept


def at_once(turns):
    """Threads that change the RSS while another counts."""
    threads = [threading.Thread(target=mixed, args=(turns,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    count(turns * 1000)
    for thread in threads:
        thread.join()


def native(turns):
    """Threads of which Python knows nothing, and that do no more than free a block."""
    for _ in range(turns):
        block = libc.malloc(8 << 20)
        ctypes.memset(block, 1, 8 << 20)
        thread = ctypes.c_void_p()
        libc.pthread_create(ctypes.byref(thread), None, free, ctypes.c_void_p(block))
        count(300)
        libc.pthread_join(thread, None)


def waits(text, done):
    thread, copy = ctypes.c_void_p(), ctypes.c_void_p()
    libc.pthread_create(ctypes.byref(thread), None, strdup, text)
    libc.pthread_join(thread, ctypes.byref(copy))
    libc.free(copy)
    done.set()


def stranger(turns):
    """A native thread copies 32 MiB for a thread that waits for it, while another counts."""
    text = ctypes.c_char_p(b"x" * (32 << 20))
    for _ in range(turns):
        done = threading.Event()
        threading.Thread(target=waits, args=(text, done)).start()
        while not done.is_set():
            len("counts")


def main(req: func.HttpRequest) -> func.HttpResponse:
    globals()[req.params["how"]](int(req.params["turns"]))
    return func.HttpResponse("done")
