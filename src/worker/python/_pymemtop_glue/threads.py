"""Threads that the app starts, and work that it hands to a pool, belong to the invocation that did
so: its number stands beside their log lines, and their memory counts as its own; that of work in a
pool, outside of profiled code, as the line's that awaits it.

A thread begins with an empty context, and a pool's thread keeps the one that it began with. What is
replaced here is private to `threading` and `concurrent.futures`, and is nothing that a program sees:
the classes stay as they are, and the context stays empty but for pymemtop's variables."""

import sys

import _pymemtop

from . import after_import

# which a thread is to have from the one that starts it
variables = [_pymemtop.activity, _pymemtop.recorder]


def take():
    """The values of pymemtop's variables in the current context."""
    return [(variable, variable.get(None)) for variable in variables]


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


def wrap_starter(threading, name):
    """`name` is the function of threading that starts one; which it is changes with the version."""
    original = getattr(threading, name, None)
    if original is None:
        return

    def start(function, *args, **options):
        values = take()
        if any(value is not None for _, value in values):
            function = inherited(function, values)
        return original(function, *args, **options)

    setattr(threading, name, start)


def wrap_starters(threading):
    wrap_starter(threading, "_start_new_thread")  # up to Python 3.12
    wrap_starter(threading, "_start_joinable_thread")


def replace_work_item(pool):
    class WorkItem(pool._WorkItem):
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
                # As the original does: a traceback that keeps this frame must not keep the work in
                # it.
                self.pymemtop_values = None
                self = args = options = None  # noqa: F841

    pool._WorkItem = WorkItem


def install():
    """At once where the modules are there, else when the program imports them: it is to have no
    module that it did not ask for."""
    for name, action in (("threading", wrap_starters),
                         ("concurrent.futures.thread", replace_work_item)):
        module = sys.modules.get(name)
        if module is None:
            after_import[name] = action
        else:
            action(module)
