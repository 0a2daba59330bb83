"""Decodes readings.

In msgspec 0.14.1, decoding a tuple of any length from MessagePack leaks one of more than 16 items
(msgspec issue 379).
"""

from typing import Tuple

import msgspec

DECODER = msgspec.msgpack.Decoder(Tuple[int, ...])
BODY = msgspec.msgpack.encode(list(range(100000, 101000)))


def main(req) -> str:
    readings = DECODER.decode(BODY)
    return str(sum(readings))
