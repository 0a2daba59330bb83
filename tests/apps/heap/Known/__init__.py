"""Lines that keep known numbers of bytes, for each request anew. What each is to keep is said on
the console, as a warning: "keeps BYTES by SOURCE"."""
import gc
import io
import json
import logging
import sys
import zlib

import azure.functions as func

gc.disable()  # it would free other code's objects, on whatever line is being executed
KEPT = []
SAID = {}
TEXT = json.dumps([{"name": "user%d" % i} for i in range(1000)])
PACKED = zlib.compress(bytes(400_000))
LINE = "x" * 99 + "\n"


class Node:
    def __init__(self, value):
        self.value = value


def size_of(one):
    """From 3.11 on an integer's memory is whole words."""
    size = sys.getsizeof(one)
    return (size + 7) // 8 * 8 if type(one) is int and sys.version_info >= (3, 11) else size


def say(source, kept):
    """Beside the list that keeps it, which is allocated elsewhere."""
    SAID[source] = sum(map(size_of, kept))


def known():
    data = bytes(100_000)
    array = bytearray(100_000)
    text = "x" * 50_000
    numbers = [i + 0.5 for i in range(2000)]
    table = {str(i): None for i in range(3000)}
    integers = list(range(100_000, 110_000))
    growing = {}
    for i in range(5000):
        growing["key%d" % i] = None
    unpacked = zlib.decompress(PACKED)
    nodes = [Node(None) for _ in range(500)]
    loaded = json.loads(TEXT)
    stream = io.BytesIO()
    stream.write(b"y" * 300_000)
    lines = (LINE * 1000).splitlines()
    file = open(__file__, "rb", buffering=200_000)
    say("data = bytes(100_000)", [data])
    say("array = bytearray(100_000)", [array])
    say('text = "x" * 50_000', [text])
    say("numbers = [i + 0.5 for i in range(2000)]", [numbers, *numbers])
    say("table = {str(i): None for i in range(3000)}", [table, *table])
    say("integers = list(range(100_000, 110_000))", [integers, *integers])
    say('growing["key%d" % i] = None', [growing, *growing])
    say("unpacked = zlib.decompress(PACKED)", [unpacked])
    say("lines = (LINE * 1000).splitlines()", [lines, *lines])
    say("loaded = json.loads(TEXT)",
        [loaded, *loaded, *[one["name"] for one in loaded], "name"])
    say('stream.write(b"y" * 300_000)', [stream])
    say('file = open(__file__, "rb", buffering=200_000)', [file, file.raw])
    KEPT.append([data, array, text, numbers, table, integers, growing, unpacked, nodes, loaded, stream,
                 lines, file])


def gone():
    block = bytearray(700_000)
    del block
    high = len(bytearray(30 << 20))
    grown = []
    grown.extend(range(100_000, 150_000))
    grown.clear()
    return high + len(grown)


def main(req: func.HttpRequest) -> func.HttpResponse:
    known()
    gone()
    for source, size in SAID.items():
        logging.warning("keeps %d by %s", size, source)
    return func.HttpResponse("done")
