"""One measurement: the processor time of a pair of malloc and free, in this process, which is
pymemtop's worker, within a line that is traced.

The environment says what to do:
    BENCH_LIBRARY   native_loop.c, built
    BENCH_CASE      BYTES THREADS
Prints picoseconds.
"""
import ctypes
import os

loop = ctypes.CDLL(os.environ["BENCH_LIBRARY"]).native_loop
loop.argtypes = [ctypes.c_size_t, ctypes.c_long, ctypes.c_int]
loop.restype = ctypes.c_double
size, threads = map(int, os.environ["BENCH_CASE"].split())
pairs = 1_000_000 if size < 100_000 else 100_000


def main():
    best = min(loop(size, pairs, threads) for _ in range(3))
    print(int(best * 1000))


main()
