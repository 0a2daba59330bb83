"""The builtin `profile` of a script that `pymemtop run` runs. It marks functions and leaves them as
they are: every line is measured anyway, and the host writes the table of those that are marked."""

import sys

import _pymemtop

from . import FILE_PREFIX, unwrap

METHOD_KINDS = (classmethod, staticmethod)
INPUT = "<stdin>"  # what Python calls the file of a program that it reads from standard input

is_program = False  # a script runs: in an app nothing needs a mark


def codes_of(thing):
    """The code objects of what can be decorated: functions, methods of any kind, properties, classes,
    and what wraps one of them."""
    if isinstance(thing, type):
        return [code for value in list(vars(thing).values())
                if isinstance(value, METHOD_KINDS + (property,)) or hasattr(value, "__code__")
                for code in codes_of(value)]
    if isinstance(thing, property):
        parts = (thing.fget, thing.fset, thing.fdel)
        return [code for part in parts if part is not None for code in codes_of(part)]
    code = unwrap.code_of(thing)
    return [] if code is None else [code]


def is_of_input(func):
    """The program came by standard input, and `func` is of it: only the host has its source."""
    return is_program and any(code.co_filename == INPUT for code in codes_of(func))


def mark(func, tells=False):
    """The script has decorated `func`. tells: its tables are printed call by call, and so are no part
    of the one at the end."""
    if not is_program:
        return
    frame = sys._getframe()
    while frame.f_back and frame.f_code.co_filename.startswith(FILE_PREFIX):
        frame = frame.f_back
    for code in codes_of(func):
        _pymemtop.decorate(code, frame.f_code, tells)


class Profile:
    """Bare, or with arguments: `@profile`, `@profile(precision=4)`. It has the methods of
    memory_profiler's LineProfiler, which scripts call on the builtin, too."""

    def __call__(self, func=None, *_args, **_options):
        if func is None:
            return self.wrap_function
        return self.wrap_function(func)

    def wrap_function(self, func):
        self.add_function(func)
        return func

    def add_function(self, func):
        mark(func)

    def runctx(self, cmd, globals, locals):
        exec(cmd, globals, locals)
        return self

    def enable(self):
        pass

    disable = enable_by_count = disable_by_count = enable

    def __enter__(self):
        pass

    def __exit__(self, exc_type, exc_val, exc_tb):
        pass
