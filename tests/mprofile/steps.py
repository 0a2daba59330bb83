"""Three functions whose memory is known. steps.dat was made by memory_profiler 0.61:

    mprof run -T 0.05 -o steps.dat steps.py
"""
import time


@profile
def grow():
    kept = [bytearray(8 << 20)]
    time.sleep(0.15)
    kept.append(bytearray(b"x" * (16 << 20)))
    fill()
    return kept


@profile
def fill():
    block = bytearray(b"y" * (24 << 20))
    time.sleep(0.25)
    return len(block)


@profile
def rest():
    time.sleep(0.1)


for _ in range(2):
    grow()
    rest()
