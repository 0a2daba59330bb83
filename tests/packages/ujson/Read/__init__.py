"""Reads account numbers, which have more digits than 64 bits hold.

Up to ujson 5.11.0, loads() leaks each integer that is so large (fixed in 5.12.0).
"""

import ujson

BODY = "[{}]".format(",".join(str(10**24 + number) for number in range(1000)))


def main(req) -> str:
    accounts = ujson.loads(BODY)
    return "{} accounts, the last one {}".format(len(accounts), accounts[-1])
