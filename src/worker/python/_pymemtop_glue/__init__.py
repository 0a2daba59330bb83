"""pymemtop's own Python, built into the worker: finds and loads the modules that are built in.

Their file names are like "<pymemtop/memory_profiler.py>", which is how tracebacks leave them out
(failures.py), and how the tracer and others that look for the source know that there is none.
"""

import os
import sys
from _frozen_importlib import ModuleSpec  # importlib has it, too, and is not there at every start

import _pymemtop

FILE_PREFIX = "<pymemtop/"

# What the program imports of this package is pymemtop's own memory. Before main() sets it, all is.
is_started = False

# name of a module -> what is called with it as soon as it has been imported
after_import = {}


class Finder:
    """Serves the modules built in, and no others. First in sys.meta_path: the stand-in for
    memory_profiler takes the place of an installed one, which would fight over sys.settrace."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in after_import:
            return find_watched(name, path, target)
        if name == "memory_profiler" and _pymemtop.real_memory_profiler:
            return None
        for key in (name, name + ".__init__"):
            if _pymemtop.source(key) is not None:
                origin = FILE_PREFIX + key.replace(".", "/") + ".py>"
                return ModuleSpec(name, Loader(key), origin=origin, is_package=key != name)
        return None


def find_watched(name, path, target):
    """The spec that others find, whose loader tells of the module."""
    action = after_import.pop(name)
    for finder in sys.meta_path:
        spec = finder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = Watched(spec.loader, action)
            return spec
    return None


class Watched:
    def __init__(self, loader, action):
        self._loader = loader
        self._action = action

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._action(module)


class Loader:
    def __init__(self, key):
        self._key = key

    @staticmethod
    def create_module(spec):
        return None

    def exec_module(self, module):
        code = compile(_pymemtop.source(self._key), module.__spec__.origin, "exec",
                       dont_inherit=True)
        if not is_started:
            exec(code, module.__dict__)
            return
        _pymemtop.own_begin()
        try:
            exec(code, module.__dict__)
        finally:
            _pymemtop.own_end()

    def get_source(self, name):
        return _pymemtop.source(self._key).decode()


# This module itself was made by embedded.c; from here on it looks as if the finder had found it.
__spec__ = Finder.find_spec(__name__)
__loader__ = __spec__.loader
__path__ = []
del __file__

sys.meta_path.insert(0, Finder)
os.register_at_fork(after_in_child=_pymemtop.after_fork)
