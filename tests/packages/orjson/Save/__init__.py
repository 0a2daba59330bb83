"""Answers with JSON of what cannot be written as JSON.

In orjson 3.8.12 to 3.9.0, dumps() leaks the exception that `default` raises, and with it the frame
and all that this holds.
"""

import orjson


class Money:
    pass


def default(value):
    text = "{} is no JSON. ".format(type(value).__name__) * 1000
    raise TypeError(text)


def main(req) -> str:
    try:
        orjson.dumps({"total": Money()}, default=default)
    except TypeError:
        return "refused"
    return "saved"
