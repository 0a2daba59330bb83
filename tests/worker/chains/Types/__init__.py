"""Lines that leave an object of a type alive: the comment has the type's name as the answer has it."""

import array
import asyncio
import collections
import contextvars
import datetime
import decimal
import enum
import functools
import re
import uuid
import weakref

import azure.functions as func
from helpers import store

KEPT = collections.deque()


class Session:
    class Inner:
        pass


class Color(enum.Flag):
    RED = 1
    BLUE = 2


def make():
    class Local:
        pass
    return Local


LOCAL, ODD, SESSION = make(), type("we\nird\"\\\u20ac", (), {}), Session()


async def main(req):
    KEPT.append(Session())  # -> Types.Session
    KEPT.append(Session.Inner())  # -> Types.Session.Inner
    KEPT.append(LOCAL())  # -> Types.make.<locals>.Local
    KEPT.append(ODD())  # -> Types.we\nird"\€
    KEPT.append(store.Item())  # -> helpers.store.Item
    KEPT.append(bytes(1000))  # -> bytes
    KEPT.append(set())  # -> set
    KEPT.append(collections.deque())  # -> collections.deque
    KEPT.append(collections.Counter())  # -> collections.Counter
    KEPT.append(functools.partial(print))  # -> functools.partial
    KEPT.append(weakref.ref(SESSION, print))  # -> weakref.ref
    KEPT.extend(contextvars.copy_context() for _ in range(300))  # -> contextvars.Context
    KEPT.append(contextvars.ContextVar("x"))  # -> contextvars.ContextVar
    KEPT.append(array.array("d", [1.0]))  # -> array.array
    KEPT.append(datetime.datetime.now())  # -> datetime.datetime
    KEPT.append(decimal.Decimal(1000))  # -> decimal.Decimal
    KEPT.append(uuid.uuid4())  # -> uuid.UUID
    KEPT.append(asyncio.get_running_loop().create_future())  # -> _asyncio.Future
    KEPT.append(memoryview(b"x"))  # -> memoryview
    KEPT.append(range(1000, 2000))  # -> range
    KEPT.append(func.HttpResponse("ok"))  # -> azure.functions._http.HttpResponse
    return func.HttpResponse("ok")
