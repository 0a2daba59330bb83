"""The worker ends as the program says, whatever is being allocated: by threads that Python knows and
does not know, in Python's and the C library's handlers of the end, in destructors."""

import os
import signal
import subprocess

import pytest
from conftest import worker_program

LIBRARY = """
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

void begin(void);

static void turn(void)
{
    void *volatile small = malloc(100), *volatile large = malloc(5000);
    char *pages = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    large = realloc(large, 200000);
    munmap(pages + (1 << 15), 1 << 15);
    free(small);
    free(large);
    munmap(pages, 1 << 15);
}

static void *turns(void *endless)
{
    for (int i = 0; endless || i < 100; i++)
        turn();
    return NULL;
}

static void at_end(void)
{
    turns(NULL);
}

__attribute__((destructor)) static void at_unload(void)
{
    turns(NULL);
}

void begin(void)
{
    pthread_t thread;
    atexit(at_end);
    for (int i = 0; i < 2; i++)
        if (pthread_create(&thread, NULL, turns, begin) == 0)
            pthread_detach(thread);
}
"""

SCRIPT = """
import atexit, ctypes, os, signal, sys, threading, time

library = ctypes.CDLL(os.environ["ENDS_LIBRARY"])
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
KEPT = []

class AtEnd:
    def __del__(self):
        KEPT[-1:] = [bytearray(100_000), [str(i) for i in range(100)]]

over = []

def work():
    while not over:
        blocks = [libc.malloc(5000) for _ in range(10)]
        KEPT.append([bytes(1000), AtEnd(), {}])
        del KEPT[:-10]
        for block in blocks:
            libc.free(block)

def main():
    library.begin()
    threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    if sys.version_info[:2] == (3, 10):
        # A thread that goes on after the end of this Python reads its state, which is freed, and
        # crashes where the C library's part of the end takes long: plain Python 1 time in 300.
        atexit.register(lambda: (over.append(True), [thread.join() for thread in threads]))
    atexit.register(lambda: KEPT.extend(bytes(10_000) for _ in range(100)))
    KEPT.append(AtEnd())
    time.sleep(0.05)

main()
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ends")
    (folder / "ends.c").write_text(LIBRARY)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", folder / "ends.so", folder / "ends.c"], check=True)
    return folder / "ends.so"


@pytest.mark.parametrize("end, status", [
    ("", 0),
    ("sys.exit(3)", 3),
    ("raise RuntimeError", 1),
    ("os._exit(4)", 4),
    ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
])
def test_end(tmp_path, library, end, status):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT + end + "\n")
    for _ in range(5):
        done = subprocess.run([worker_program(), "--run", str(script)], stdin=subprocess.DEVNULL,
                              env=dict(os.environ, ENDS_LIBRARY=str(library)), timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == status, done.stdout
        assert ("RuntimeError" in done.stdout) if "raise" in end else done.stdout == ""
