"""One function of the app, of either programming model: what it is called with, and whether its
handler and its bindings fit together."""

import inspect
import os

from . import bindings, failures
from .failures import LoadError


class Function:
    """Loaded, or failed: then `error` says why, and there may be a traceback."""

    def __init__(self, name, directory, script, entry_point, specs, source="function.json"):
        self.name = name
        self.directory = directory
        self.script = script
        self.entry_point = entry_point
        self.source = source  # of the bindings, in words
        self.bindings = [dict(spec) for spec in specs]
        self.handler = None
        self.asynchronous = False
        self.error = self.traceback = None
        self.path, self.line = script, 1
        self.wants_context = False
        self.annotations = {}  # of the handler; an Out's is what it holds
        outs = [spec for spec in self.bindings if bindings.direction(spec) == "out"]
        self.outputs = {spec["name"]: spec for spec in outs if spec["name"] != "$return"}
        self.returned = next((spec for spec in outs if spec["name"] == "$return"), None)
        self.inputs = {spec["name"]: spec for spec in self.bindings if bindings.is_input(spec)}
        self.trigger = next(
            (spec for spec in self.inputs.values() if bindings.is_trigger(spec)), None)
        self.returns_implicitly = False

    def fail(self, exc):
        self.error = failures.describe_import(exc)
        if not isinstance(exc, LoadError):
            self.traceback = failures.format_traceback(exc)
            root = os.path.dirname(self.directory)
            self.path, self.line = failures.place(exc, root) or (self.path, self.line)

    def attach(self, handler):
        """Take the handler, after looking whether it fits. Raises LoadError where it does not."""
        code = getattr(inspect.unwrap(handler), "__code__", None)
        if code is not None:
            self.path, self.line = code.co_filename, code.co_firstlineno
        bindings.check(self, handler)
        self.asynchronous = inspect.iscoroutinefunction(handler)
        self.handler = handler

    def notices(self):
        """What the app gets here that is not what it gets on Azure."""
        return ['input "{}" ({}): there is no such service here; the function gets what it would get '
                "of data that does not exist".format(name, spec.get("type"))
                for name, spec in self.inputs.items() if not bindings.is_trigger(spec)]

    def report(self):
        return {"name": self.name, "error": self.error, "traceback": self.traceback,
                "asynchronous": self.asynchronous, "path": self.path, "line": self.line,
                "notices": [] if self.error else self.notices()}
