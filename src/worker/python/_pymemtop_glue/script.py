"""A program that the interpreter runs by itself, as `python SCRIPT` or `python -m MODULE`: what of
pymemtop has to be there before its first line, and after its last one. Nothing here imports what the
interpreter does not have at its start anyway: the figures and sys.modules are the program's."""

import atexit
import builtins
import os
import sys

import _pymemtop

from . import after_import, breaking, decorating, threads

INVOCATION = 1

# Registered first, so that it is called after all that the program registers: what the interpreter
# frees while it is taken down is no work of the program.
atexit.register(_pymemtop.heap_stop)


def prepare(is_read):
    """`is_read`: a host reads the tables, and the program is invocation 1 in them."""
    decorating.is_program = True
    sys.modules[__package__].is_started = True
    builtins.profile = decorating.Profile()
    after_import["asyncio.events"] = lambda module: _pymemtop.mark_loop_step()
    if is_read:
        threads.install()
        breaking.install()
        _pymemtop.load_end()  # what there is now is the baseline
        atexit.register(end, _pymemtop.begin(INVOCATION), os.getpid())
    atexit.register(_pymemtop.events_stop)


def end(token, pid):
    if os.getpid() == pid:  # the tables are not those of a child made by fork
        _pymemtop.end(token)
