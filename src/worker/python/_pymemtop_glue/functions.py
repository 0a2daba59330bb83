"""The functions host: imports the app's functions, runs them, and answers.

A function of the v1 model is imported as `__app__.<Folder>[.<module>]`, __app__ being a package
whose path is the app root: so that relative imports, `import __app__.shared` and a plain `import
shared` all work, as on Azure."""

import asyncio
import concurrent.futures
import contextvars
import importlib.util
import inspect
import json
import os
import sys
from importlib.machinery import ModuleSpec

import _pymemtop

from . import bindings, failures, logs, wire
from .failures import LoadError

SHUTDOWN_SECONDS = 5  # for everything from here to the end of the process
SYNC_SECONDS = 2  # of them, for handlers in the thread pool


def extend_app_package(root):
    """Make `__app__` a namespace package over `root`."""
    package = sys.modules.get("__app__")
    if package is None:
        spec = ModuleSpec("__app__", None, is_package=True)
        package = sys.modules["__app__"] = importlib.util.module_from_spec(spec)
        package.__path__ = []
    if root not in package.__path__:
        package.__path__.append(root)


class Function:
    """One function of the app, loaded or failed."""

    def __init__(self, spec):
        self.name = spec["name"]
        self.directory = spec["directory"]
        self.script = os.path.normpath(os.path.join(self.directory, spec["script"]))
        self.entry_point = spec.get("entry_point") or "main"
        self.bindings = spec["bindings"]
        self.handler = None
        self.asynchronous = False
        self.error = self.traceback = None  # why it could not be loaded
        self.path, self.line = self.script, 1
        self.wants_context = False
        outputs = [one for one in self.bindings if bindings.direction(one) == "out"]
        self.returns = any(one["name"] == "$return" for one in outputs)
        self.outputs = [one["name"] for one in outputs if one["name"] != "$return"]
        http = [one["name"] for one in outputs if bindings.kind(one) == "http"]
        self.returns_http = "$return" in http
        self.http_output = http[0] if http else None
        requests = [one["name"] for one in self.bindings if bindings.kind(one) == "httptrigger"]
        self.request = requests[0] if requests else None

    def load(self):
        try:
            self._load()
        except BaseException as exc:  # SystemExit too: a script that calls sys.exit() at import
            self.fail(exc)

    def fail(self, exc):
        self.error = failures.describe_import(exc)
        if not isinstance(exc, LoadError):
            self.traceback = failures.format_traceback(exc)
            root = os.path.dirname(self.directory)
            self.path, self.line = failures.place(exc, root) or (self.path, self.line)

    def _load(self):
        self._check_inputs()
        handler = getattr(self._import(), self.entry_point, None)
        if not callable(handler):
            raise LoadError("{} has no function {}(), which is its entry point".format(
                self.script, self.entry_point))
        code = getattr(inspect.unwrap(handler), "__code__", None)
        if code is not None:
            self.path, self.line = code.co_filename, code.co_firstlineno
        self.wants_context = bindings.check(handler, self.bindings, self.entry_point)
        self.asynchronous = inspect.iscoroutinefunction(handler)
        self.handler = handler

    def _check_inputs(self):
        for one in self.bindings:
            is_input = bindings.direction(one) == "in" and one["name"] != "$return"
            is_trigger = bindings.kind(one).endswith("trigger")
            if is_input and not is_trigger and self.request is not None:
                raise LoadError('binding "{}": pymemtop cannot supply inputs of type "{}"'.format(
                    one["name"], one.get("type")))

    def _import(self):
        root = os.path.dirname(self.directory)
        parts = os.path.relpath(self.script, root).split(os.sep)
        stem, extension = os.path.splitext(parts.pop())
        if os.pardir in parts or extension != ".py":
            raise LoadError("{} is not a Python file below the app root {}".format(
                self.script, root))
        extend_app_package(root)
        name = ".".join(["__app__"] + parts + ([] if stem == "__init__" else [stem]))
        __import__(name)
        return sys.modules[name]

    def report(self):
        return {"name": self.name, "error": self.error, "traceback": self.traceback,
                "asynchronous": self.asynchronous, "path": self.path, "line": self.line}


class Call:
    """One invocation. begin() and end() are called in the task or the thread that runs it."""

    def __init__(self, function, message, body):
        self.function = function
        self.message = message
        self.body = body
        self.reply = {"number": message["number"], "succeeded": False, "status": 500,
                      "headers": [], "error": None, "traceback": None}
        self.reply_body = b""
        self._token = self._outs = None

    def begin(self):
        """Returns the handler's arguments."""
        from . import trigger
        logs.invocation.set(self.message["number"])
        logs.running[self.message["id"]] = self.message["number"]
        self._token = _pymemtop.begin(self.message["number"])
        arguments, self._outs = trigger.make_arguments(self.function, self.message, self.body)
        self.body = None
        return arguments

    def succeed(self, result):
        from . import trigger
        status, headers, body = trigger.make_reply(self.function, result, self._outs)
        self.reply.update(succeeded=True, status=status, headers=headers)
        self.reply_body = body

    def fail(self, exc):
        self.reply.update(error=failures.describe(exc), traceback=failures.format_traceback(exc))

    def end(self):
        """The invocation is over when its numbers are: before the answer, which the host takes as
        the end, and after everything that belongs to it was let go."""
        self._outs = None
        flush_output()
        if self._token is not None:
            _pymemtop.end(self._token)
        logs.running.pop(self.message["id"], None)
        self.answer()

    def answer(self):
        try:
            try:
                wire.send(_pymemtop.RESPONSE, self.reply, self.reply_body)
            except Exception as exc:  # too long, or headers not JSON
                self.reply.update(succeeded=False, status=500, headers=[], traceback=None,
                                  error="the response cannot be sent: " + failures.describe(exc))
                wire.send(_pymemtop.RESPONSE, self.reply)
        except OSError:
            pass  # the host is gone


def flush_output():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass  # replaced or closed by the app


def pool_size():
    """PYTHON_THREADPOOL_THREAD_COUNT, or None for the executor's own default."""
    text = os.environ.get("PYTHON_THREADPOOL_THREAD_COUNT", "")
    return int(text) if text.strip().isdecimal() and int(text) > 0 else None


class Host:
    """What the frames of the link are handed to."""

    def __init__(self, loop):
        self.loop = loop
        self.functions = {}
        self._tasks = set()  # asyncio itself keeps weak references only
        self._futures = set()
        self._pool = concurrent.futures.ThreadPoolExecutor(pool_size())

    def receive(self, kind, payload, body):
        """The link's inbox. Called between two turns of the loop, so the work is put off to the
        next one, where a loop is running for the app's code to find."""
        if kind == _pymemtop.LOAD:
            self.loop.call_soon(self.load, json.loads(payload))
        elif kind == _pymemtop.INVOKE:
            self.loop.call_soon(self.invoke, json.loads(payload), body)
        elif kind == _pymemtop.SHUTDOWN:
            self.loop.call_soon(self.loop.stop)

    def load(self, message):
        loaded = [Function(spec) for spec in message["functions"]]
        _pymemtop.load_begin()
        for function in loaded:
            function.load()
        try:
            from . import trigger  # noqa: F401, here for its cost
        except BaseException as exc:
            for function in loaded:
                if function.error is None:
                    function.fail(exc)
        flush_output()
        _pymemtop.load_end()
        self.functions.update((function.name, function) for function in loaded)
        wire.send(_pymemtop.LOADED, {"functions": [function.report() for function in loaded]})

    def invoke(self, message, body):
        function = self.functions.get(message["function"])
        call = Call(function, message, body)
        if function is None or function.error is not None:
            call.reply["error"] = function.error if function else "no such function"
            call.reply["traceback"] = function.traceback if function else None
            call.answer()
        elif function.asynchronous:
            task = self.loop.create_task(self._run(call))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            context = contextvars.copy_context()
            future = self._pool.submit(context.run, self._run_in_thread, call)
            self._futures.add(future)
            future.add_done_callback(self._futures.discard)

    # In both: BaseException, since SystemExit in a handler fails its invocation, not the worker.

    @staticmethod
    async def _run(call):
        try:
            call.succeed(await call.function.handler(**call.begin()))
        except BaseException as exc:
            call.fail(exc)
        call.end()

    @staticmethod
    def _run_in_thread(call):
        try:
            call.succeed(call.function.handler(**call.begin()))
        except BaseException as exc:
            call.fail(exc)
        call.end()

    def close(self):
        """Cancel what runs, run what was set to run at exit. The loop has stopped."""
        _pymemtop.exit_within(SHUTDOWN_SECONDS)
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self._pool.shutdown(wait=False, cancel_futures=True)
        _, busy = concurrent.futures.wait(self._futures, SYNC_SECONDS)
        if busy:
            self._leave()
        self.loop.close()

    @staticmethod
    def _leave():
        """End with handlers still running in threads, for which the interpreter would wait."""
        import atexit
        atexit._run_exitfuncs()
        flush_output()
        os._exit(0)
