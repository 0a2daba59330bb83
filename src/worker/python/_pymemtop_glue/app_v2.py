"""The v2 programming model: decorators in function_app.py.

One fault in it leaves the app without any function, as on Azure: which functions there are is known
only when all of it has run."""

import importlib
import json
import os

from . import wire
from .failures import LoadError
from .function import Function


def find_app(module, script):
    """The one FunctionApp among the module's names."""
    from azure.functions import FunctionRegister
    found = {}
    for name in dir(module):
        value = getattr(module, name, None)
        if isinstance(value, FunctionRegister):
            found.setdefault(id(value), (name, value))
    if not found:
        raise LoadError("Could not find top level function app instances in {}.".format(script))
    if len(found) > 1:
        raise LoadError("More than one top level function app instance in {}: {}.".format(
            script, ", ".join(sorted(name for name, _ in found.values()))))
    return next(iter(found.values()))[1]


def make_function(indexed, root, script):
    specs = [json.loads(spec) for spec in indexed.get_raw_bindings()]
    name = indexed.get_function_name()
    function = Function(name, root, script, name, specs, source="the decorators")
    try:
        function.attach(indexed.get_user_function())
    except LoadError as exc:
        # As on Azure, where the worker indexes all of them or none.
        raise LoadError("{} cannot be indexed, and so no function of the app is there, as on "
                        "Azure: {}".format(name, exc)) from None
    return function


def retry_of(indexed):
    """The retry policy in the words of function.json, or None."""
    policy = getattr(indexed, "get_settings_dict", lambda name: None)("retry_policy")
    if not policy:
        return None
    words = {"max_retry_count": "maxRetryCount", "delay_interval": "delayInterval",
             "minimum_interval": "minimumInterval", "maximum_interval": "maximumInterval",
             "strategy": "strategy"}
    return {words[name]: value for name, value in policy.items()
            if name in words and value is not None}


def describe(function, retry):
    """The function in the words of function.json, for the host."""
    return wire.plain({**function.report(), "script": function.script,
                       "bindings": function.bindings, "retry": retry})


class App:
    """What function_app.py holds. Loading it raises what the app raises."""

    def __init__(self, root, script):
        module = importlib.import_module(os.path.splitext(script)[0])
        path = os.path.join(root, script)
        self._app = find_app(module, script)
        self.functions, self.descriptions = [], []
        for indexed in self._app.get_functions():
            function = make_function(indexed, root, path)
            self.functions.append(function)
            self.descriptions.append(describe(function, retry_of(indexed)))

    async def shut_down(self):
        """An ASGI app that was started is told that it ends, in the loop that it began in. (By
        itself azure.functions would do so when the app is collected, in a loop of its own, where
        the app's task cannot be reached.)"""
        if getattr(self._app, "startup_task_done", False):
            self._app.startup_task_done = False
            await self._app.middleware.notify_shutdown()
