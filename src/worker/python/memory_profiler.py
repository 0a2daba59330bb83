"""Stand-in for memory_profiler under pymemtop: the same functions and classes, the same table, with
the figures of pymemtop's tracer. Code that is decorated for memory_profiler runs here unchanged,
whether memory_profiler is installed or not."""

import _pymemtop
from _pymemtop_glue import decorating, wrapping
from _pymemtop_glue.profiler import CodeMap, LineProfiler, choose_backend
from _pymemtop_glue.tables import LogFile, show_quietly, show_results
from _pymemtop_glue.timestamps import TimeStamper
from _pymemtop_glue.usage import memory_usage

__version__ = "0.61.0"
__all__ = ["CodeMap", "LineProfiler", "LogFile", "TimeStamper", "choose_backend",
           "load_ipython_extension", "memory_usage", "profile", "show_results"]


class _Call:
    """One call of a decorated function, which has a table of its own."""

    def __init__(self, template, stream, precision):
        self._profiler = template.fresh()
        self.begin = self._profiler.enable
        self.end = self._profiler.disable
        self._stream = stream
        self._precision = precision

    @classmethod
    def new(cls, *arguments):
        """The object, too, takes nothing from the program."""
        _pymemtop.own_begin()
        call = cls(*arguments)
        _pymemtop.own_end()
        return call

    def finish(self):
        show_quietly(self._profiler, self._stream, self._precision)


def profile(func=None, stream=None, precision=1, backend="psutil"):
    """Decorate a function: bare, `profile(f)`, or `profile(stream=..., precision=...)`. Each call
    writes its table to `stream`, sys.stdout where that is None, when it ends. A function of a program
    that came by standard input is in the report at the end instead."""
    if func is None:
        return lambda function: profile(function, stream, precision, backend)

    def wrap(function):
        template = LineProfiler(backend=backend)
        template.add_function(function)
        return wrapping.wrap_function(function, lambda: _Call.new(template, stream, precision))

    if decorating.is_of_input(func):
        decorating.mark(func)
        return func
    decorating.mark(func, tells=True)
    return wrapping.decorate(func, wrap)


def load_ipython_extension(ip):
    raise RuntimeError("%mprun and %memit are not there under pymemtop, which runs no IPython: "
                       "use LineProfiler and memory_usage, or the real memory_profiler in IPython")
