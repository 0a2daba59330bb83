"""memory_profiler's TimeStamper: when functions and blocks were entered and left, and the memory."""

import sys
import time

import _pymemtop

from . import wrapping
from .profiler import MIB, choose_backend, meter_of


class Stamped:
    """A call, or a block: a context manager."""

    def __init__(self, stamper, func):
        self._stamper = stamper
        self._stamps = []
        stamper.functions[func].append(self._stamps)
        self._levels = stamper.stack[func]

    def begin(self):
        if not self._stamps:
            self._stamper.current_stack_level += 1
            self._levels.append(self._stamper.current_stack_level)
            self._stamps.append(self._stamper.sample())

    def end(self):
        pass  # of one step, perhaps

    def finish(self):
        if self._stamps:
            self._stamper.current_stack_level -= 1
            self._stamps.append(self._stamper.sample())

    def __enter__(self):
        self.begin()

    def __exit__(self, *_exc):
        self.finish()


class TimeStamper:
    def __init__(self, backend="psutil", include_children=False):
        self.functions = {}  # function -> [[(MiB, time) at its start, and at its end] of each call]
        self.backend = choose_backend(backend)
        self.include_children = include_children
        self._meter = meter_of(self.backend, include_children)
        self.current_stack_level = -1
        self.stack = {}  # function -> [level of each call]

    def __call__(self, func=None, precision=None):
        if func is None:
            return self.__call__
        if not callable(func) and not isinstance(func, (classmethod, staticmethod, property)):
            raise ValueError("{!r} cannot be called".format(func))
        return wrapping.decorate(func, self._wrap)

    def sample(self):
        return _pymemtop.meter_bytes(self._meter) / MIB, time.time()

    def _wrap(self, func):
        self.add_function(func)
        return self.wrap_function(func)

    def add_function(self, func):
        self.functions.setdefault(func, [])
        self.stack.setdefault(func, [])

    def wrap_function(self, func):
        return wrapping.wrap_function(func, lambda: Stamped(self, func))

    def timestamp(self, name="<block>"):
        """A context manager for a block, which shows as a function of that name."""
        def block():
            pass
        block.__module__, block.__name__ = "", name
        self.add_function(block)
        return Stamped(self, block)

    def show_results(self, stream=None):
        stream = sys.stdout if stream is None else stream
        for func, calls in self.functions.items():
            name = "{}.{}".format(func.__module__, func.__name__)
            for stamps, level in zip(calls, self.stack[func]):
                if len(stamps) == 2:  # it has ended
                    stream.write("FUNC {} {:.4f} {:.4f} {:.4f} {:.4f} {}\n".format(
                        name, *stamps[0], *stamps[1], level))
