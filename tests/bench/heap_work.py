"""One measurement: the processor time of a piece of work that allocates, in this process, which is
pymemtop's worker. Each piece is run once before it is timed.

The environment says what to do:
    BENCH_CASE   a function's name below
    BENCH_TRACEMALLOC=1   under tracemalloc, with one frame
Prints nanoseconds per turn.
"""
import asyncio
import gc
import json
import os
import re
import time

DATA = [{"id": i, "name": "user%d" % i, "tags": ["a", "b", str(i)], "pos": {"x": i * 1.5, "y": -i}}
        for i in range(2000)]
TEXT = json.dumps(DATA)
WORDS = " ".join("word%d=%d;" % (i, i * 7) for i in range(2000))
PATTERN = re.compile(r"(\w+)=(\d+);")


def json_turn():
    return len(json.loads(json.dumps(DATA)))


def dicts():
    kept = []
    for i in range(5000):
        kept.append({"a": i, "b": [i, i + 1], "c": (i,)})
    return len(kept)


def lists():
    total = 0
    for i in range(3000):
        row = [j for j in range(20)]
        row.append(i)
        total += len(row[3:]) + len(list(reversed(row)))
    return total


def strings():
    found = {}
    for i in range(5000):
        key = "key-%d" % i
        found[key] = key.upper() + key[::-1]
        parts = (key * 3).split("-")
    return len(found) + len(parts)


class Node:
    def __init__(self, value, following):
        self.value = value
        self.following = following


def graph():
    head = None
    for i in range(5000):
        head = Node(float(i), head)
    while head:
        head = head.following
    return head


def integers():
    s = 0
    for i in range(50000):
        s = (s * 31 + i) & 0xffff
    return s


def regex():
    return len(PATTERN.findall(WORDS)) + len(PATTERN.sub(r"\2 is \1", WORDS))


async def child(value):
    await asyncio.sleep(0)
    return {"value": value}


async def gather():
    return len(await asyncio.gather(*[child(i) for i in range(300)]))


def asyncio_turn():
    return asyncio.run(gather())


CASES = {"json": (json_turn, 12), "dicts": (dicts, 40), "lists": (lists, 40),
         "strings": (strings, 40), "graph": (graph, 40), "integers": (integers, int(os.environ.get("BENCH_TURNS", 20))),
         "regex": (regex, 100), "asyncio": (asyncio_turn, 20)}


def main():
    work, turns = CASES[os.environ["BENCH_CASE"]]
    if os.environ.get("BENCH_TRACEMALLOC"):
        import tracemalloc
        tracemalloc.start(1)
        turns = max(2, turns // 4)
    work()
    gc.collect()
    best = None
    for _ in range(turns):
        start = time.process_time_ns()
        work()
        spent = time.process_time_ns() - start
        best = spent if best is None or spent < best else best
    print(best)


if __name__ == "__main__":
    main()
