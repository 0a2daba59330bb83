"""Threads that the app starts, and work that it hands to a pool, belong to the invocation that did
so: its number stands beside their log lines, and their memory counts as its own; that of work in a
pool, outside of profiled code, as the line's that awaits it.

A thread begins with an empty context, and a pool's thread keeps the one that it began with. What is
replaced here is private to `threading` and `concurrent.futures`, and is nothing that a program sees:
the classes stay as they are, and the context stays empty but for pymemtop's variables."""

import concurrent.futures.thread
import threading

import _pymemtop

from . import logs

VARIABLES = (logs.invocation, _pymemtop.activity)


def take():
    """The values of pymemtop's variables in the current context."""
    return [(variable, variable.get(None)) for variable in VARIABLES]


def adopt(values):
    for variable, value in values:
        variable.set(value)


def inherited(function, values):
    def begin(*args):
        adopt(values)
        token = _pymemtop.work_begin(False)
        try:
            return function(*args)
        finally:
            _pymemtop.work_end(token)
    return begin


def wrap_starter(name):
    """`name` is the function of threading that starts one; which it is changes with the version."""
    original = getattr(threading, name, None)
    if original is None:
        return

    def start(function, *args, **options):
        if logs.invocation.get() is not None:
            function = inherited(function, take())
        return original(function, *args, **options)

    setattr(threading, name, start)


class WorkItem(concurrent.futures.thread._WorkItem):
    """Belongs to the invocation that submitted it, or to none, whoever started the thread."""

    __slots__ = ("pymemtop_values",)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.pymemtop_values = take()

    def run(self, *args, **options):
        adopt(self.pymemtop_values)
        token = _pymemtop.work_begin(True)
        try:
            return super().run(*args, **options)
        finally:
            _pymemtop.work_end(token)
            # As the original does: a traceback that keeps this frame must not keep the work in it.
            self.pymemtop_values = None
            self = args = options = None  # noqa: F841


def install():
    wrap_starter("_start_new_thread")  # up to Python 3.12
    wrap_starter("_start_joinable_thread")
    concurrent.futures.thread._WorkItem = WorkItem
