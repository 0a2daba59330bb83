"""Two children beside their parent, each with a size of its own. forks.dat was made by
memory_profiler 0.61 (and the folder taken out of its CMDLINE):

    mprof run -T 0.05 -M -o forks.dat forks.py
"""
import multiprocessing
import time


def hold(mib):
    block = bytearray(b"z" * (mib << 20))
    time.sleep(0.5)
    return len(block)


if __name__ == "__main__":
    running = [multiprocessing.Process(target=hold, args=(mib,)) for mib in (20, 40)]
    for child in running:
        child.start()
    for child in running:
        child.join()
