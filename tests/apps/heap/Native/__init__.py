"""Lines that take native blocks of known sizes, and give them back."""
import bz2
import ctypes
import gc
import logging
import mmap
import sqlite3
import ssl
import threading
import zlib

import _sqlite3
import azure.functions as func
import lxml.etree
import numpy

gc.disable()  # it would free other code's objects, on whatever line is being executed
KEPT = []
libc = ctypes.CDLL(None)
for name in ("malloc", "calloc", "realloc", "reallocarray", "memalign", "aligned_alloc", "valloc"):
    getattr(libc, name).restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.calloc.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
libc.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
libc.reallocarray.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]
libc.memalign.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
libc.aligned_alloc.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
libc.valloc.argtypes = [ctypes.c_size_t]
libc.posix_memalign.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
libc.pthread_setspecific.argtypes = [ctypes.c_uint, ctypes.c_void_p]
in_sqlite = ctypes.CDLL(getattr(_sqlite3, "__file__", None)).sqlite3_memory_used
in_sqlite.restype = ctypes.c_int64
KEYS = []  # destructors are called in this order, after pymemtop's own
for at_end in (libc.sem_post, libc.sem_wait, libc.free, libc.sem_post):
    KEYS.append(ctypes.c_uint())
    libc.pthread_key_create(ctypes.byref(KEYS[-1]), at_end)


def blocks():
    first = libc.malloc(50_000)
    second = libc.calloc(100, 1000)
    first = libc.realloc(first, 80_000)
    first = libc.realloc(first, 500)
    first = libc.realloc(first, 60_000)
    third = libc.reallocarray(None, 7, 10_000)
    fourth = libc.memalign(4096, 30_000)
    fifth = libc.aligned_alloc(64, 64_000)
    sixth = ctypes.c_void_p()
    libc.posix_memalign(ctypes.byref(sixth), 64, 40_000)
    seventh = libc.valloc(20_000)
    libc.free(first)
    libc.free(second)
    for block in (third, fourth, fifth, sixth, seventh):
        libc.free(block)


def arrays():
    zeros = numpy.zeros(1_000_000)
    ones = numpy.ones(250_000, dtype="int32")
    ones.resize(750_000, refcheck=False)
    total = (zeros[:100_000] + 1).sum()
    del ones
    KEPT.append(zeros)
    return total


def mappings():
    pages = mmap.mmap(-1, 1 << 20)
    pages.resize(3 << 20)
    pages.close()
    kept = mmap.mmap(-1, 64 << 10)
    KEPT.append(kept)


def libraries():
    compressor = zlib.compressobj()
    del compressor
    packed = bz2.BZ2Compressor()
    del packed
    before = in_sqlite()
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t (a)")
    base.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,) for _ in range(2000)])
    logging.warning("SQLite has %d bytes", in_sqlite() - before)
    base.close()
    context = ssl.create_default_context()
    KEPT.append(context)


def documents():
    text = "z" * 500_000
    tree = lxml.etree.fromstring(b"<r><a/></r>")
    tree[0].text = text
    tree[0].text = None
    tree[0].tail = text
    del tree


def passes():
    give_back(libc.malloc(3_000_000))


def give_back(given):
    libc.free(given)


def in_thread():
    thread = threading.Thread(target=hold)
    thread.start()
    thread.join()


def hold():
    block = libc.malloc(123_456)
    KEPT.append(block)


def after_its_end():
    """A thread that has left its record to another one frees a block, on a line of that one."""
    left, go, freed = (ctypes.create_string_buffer(64) for _ in range(3))
    for semaphore in (left, go, freed):
        libc.sem_init(semaphore, 0, 0)
    values = [left, go, libc.malloc(700_000), freed]
    threads = [threading.Thread(target=run, args=args)
               for run, args in ((ends, (values,)), (takes_over, (left, go, freed)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def ends(values):
    for key, value in zip(KEYS, values):
        libc.pthread_setspecific(key, ctypes.cast(value, ctypes.c_void_p))


def takes_over(left, go, freed):
    libc.sem_wait(left)
    other = threading.Thread(target=shows, args=(go, freed))
    other.start()
    other.join()


def shows(go, freed):
    libc.sem_post(go), libc.sem_wait(freed)


def main(req: func.HttpRequest) -> func.HttpResponse:
    blocks()
    arrays()
    mappings()
    libraries()
    documents()
    passes()
    in_thread()
    after_its_end()
    return func.HttpResponse("done")
