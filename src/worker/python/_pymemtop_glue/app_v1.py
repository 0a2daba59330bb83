"""The v1 programming model: a folder with a function.json for each function.

Such a function is imported as `__app__.<Folder>[.<module>]`, __app__ being a package whose path is
the app root: so that relative imports, `import __app__.shared` and a plain `import shared` all
work, as on Azure."""

import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec

from .failures import LoadError
from .function import Function


def extend_app_package(root):
    """Make `__app__` a namespace package over `root`."""
    package = sys.modules.get("__app__")
    if package is None:
        spec = ModuleSpec("__app__", None, is_package=True)
        package = sys.modules["__app__"] = importlib.util.module_from_spec(spec)
        package.__path__ = []
    if root not in package.__path__:
        package.__path__.append(root)


def import_script(script, root):
    parts = os.path.relpath(script, root).split(os.sep)
    stem, extension = os.path.splitext(parts.pop())
    if os.pardir in parts or extension != ".py":
        raise LoadError("{} is not a Python file below the app root {}".format(script, root))
    extend_app_package(root)
    name = ".".join(["__app__"] + parts + ([] if stem == "__init__" else [stem]))
    __import__(name)
    return sys.modules[name]


def load(spec):
    """The function of one function.json, as the host has read it; one that failed says why."""
    directory = spec["directory"]
    script = os.path.normpath(os.path.join(directory, spec["script"]))
    function = Function(spec["name"], directory, script, spec.get("entry_point") or "main",
                        spec["bindings"])
    try:
        module = import_script(script, os.path.dirname(directory))
        handler = getattr(module, function.entry_point, None)
        if not callable(handler):
            raise LoadError("{} has no function {}(), which is its entry point".format(
                script, function.entry_point))
        function.attach(handler)
    except BaseException as exc:  # SystemExit too: a script that calls sys.exit() at import
        function.fail(exc)
    return function
