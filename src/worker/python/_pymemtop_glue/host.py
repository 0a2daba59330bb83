"""The functions host: loads the app's functions, runs them, and answers."""

import asyncio
import concurrent.futures
import contextvars
import json
import os
import signal
import sys
import time

import _pymemtop

from . import app_v1, app_v2, bindings, failures, forks, leftovers, logs, wire
from .failures import LoadError

# The supervisor's patience is a little longer than SHUTDOWN_SECONDS; the others are parts of it.
SHUTDOWN_SECONDS = 2  # for everything from here to the end of the process
APP_SECONDS = 0.5  # for an ASGI app's shutdown
SYNC_SECONDS = 1  # for handlers in the thread pool


class Call:
    """One invocation. begin() and end() are called in the task or the thread that runs it."""

    def __init__(self, function, message, body):
        self.function = function
        self.message = message
        self.body = body
        self.reply = {"number": message["number"], "succeeded": False, "status": 500,
                      "headers": [], "outputs": [], "error": None, "traceback": None}
        self.reply_body = b""
        self._token = self._outs = self._report = None

    def begin(self):
        """Returns the handler's arguments."""
        from . import invocation
        logs.invocation.set(self.message["number"])
        logs.running[self.message["id"]] = self.message["number"]
        logs.thread_local.invocation_id = self.message["id"]
        self._token = _pymemtop.begin(self.message["number"])
        if _pymemtop.log_reports:
            from . import reports
            self._report = reports.Report()
            self._report.begin()
        arguments, self._outs = invocation.make_arguments(self.function, self.message, self.body)
        self.body = None
        return arguments

    def succeed(self, result):
        from . import invocation
        (status, headers, body), outputs = invocation.make_reply(
            self.function, result, self._outs)
        self.reply.update(succeeded=True, status=status, headers=headers, outputs=outputs)
        self.reply_body = body

    def leave_if_forked(self, exc=None):
        """In a child that the handler has made by fork, the end of the process."""
        if forks.is_child and forks.forked_by == self.message["number"]:
            forks.leave(exc, flush_output)

    def fail(self, exc):
        self.reply.update(error=failures.describe(exc), traceback=failures.format_traceback(exc))

    def end(self):
        """The invocation is over when its numbers are: before the answer, which the host takes as
        the end, and after everything that belongs to it was let go."""
        self._outs = None
        if self._report is not None:
            self._report.end()
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
                self.reply.update(succeeded=False, status=500, headers=[], outputs=[], traceback=None,
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
        self.app = None  # of the v2 model
        self.status = 0  # of the process
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
        elif kind == _pymemtop.COLLECT:
            self.loop.call_soon(self.collect, json.loads(payload))
        elif kind == _pymemtop.SHUTDOWN:
            self.loop.call_soon(self.loop.stop)

    def load(self, message):
        reply = {"functions": [], "error": None, "traceback": None}
        _pymemtop.load_begin()
        if "script" in message:
            loaded = self._load_v2(message, reply)
        else:
            loaded = [app_v1.load(spec) for spec in message["functions"]]
        self._import_converters(loaded)
        if "script" not in message:
            reply["functions"] = [function.report() for function in loaded]
        flush_output()
        _pymemtop.load_end()
        self.functions = {function.name: function for function in loaded}
        self._send_loaded(reply)

    @staticmethod
    def _send_loaded(reply):
        """The host waits for it, whatever is in the app's descriptions."""
        try:
            wire.send(_pymemtop.LOADED, reply)
        except OSError:
            pass  # the host is gone
        except Exception as exc:
            wire.send(_pymemtop.LOADED, {
                "functions": [], "traceback": None,
                "error": "the app's functions cannot be told: " + failures.describe(exc)})

    def _load_v2(self, message, reply):
        try:
            self.app = app_v2.App(message["root"], message["script"])
            reply["functions"] = self.app.descriptions
            return self.app.functions
        except BaseException as exc:  # SystemExit too
            reply["error"] = failures.describe_import(exc)
            if not isinstance(exc, LoadError):
                reply["traceback"] = failures.format_traceback(exc)
            return []

    @staticmethod
    def _import_converters(loaded):
        try:
            bindings.import_converters()  # first, for what they import
            from . import invocation  # noqa: F401, here for its cost
        except BaseException as exc:
            for function in loaded:
                if function.error is None:
                    function.fail(exc)

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
            result = await call.function.handler(**call.begin())
            call.leave_if_forked()
            call.succeed(result)
        except BaseException as exc:
            call.leave_if_forked(exc)
            call.fail(exc)
        call.end()

    @staticmethod
    def _run_in_thread(call):
        try:
            result = call.function.handler(**call.begin())
            call.leave_if_forked()
            call.succeed(result)
        except BaseException as exc:
            call.leave_if_forked(exc)
            call.fail(exc)
        call.end()

    def collect(self, message):
        """What nobody wants any more is no leak, so it goes before what is left is looked at."""
        begun = time.monotonic_ns()
        wanted = message["collect"] and leftovers.remove(self.loop)
        duration = time.monotonic_ns() - begun
        _pymemtop.heap_bytes()  # so that the tables have all that was freed
        try:
            wire.send(_pymemtop.COLLECTED, {"collected": bool(wanted), "duration_ns": duration})
        except OSError:
            pass  # the host is gone

    def terminate(self):
        """SIGTERM: an end in good order, with the status of a process that it has killed."""
        self.status = 128 + signal.SIGTERM
        self.loop.stop()

    def close(self):
        """Cancel what runs, run what was set to run at exit. The loop has stopped."""
        _pymemtop.exit_within(SHUTDOWN_SECONDS)
        if self.app is not None:
            self._shut_down_app()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self._pool.shutdown(wait=False, cancel_futures=True)
        _, busy = concurrent.futures.wait(list(self._futures), SYNC_SECONDS)
        if busy:
            self._leave()
        self.loop.close()

    def _shut_down_app(self):
        try:
            self.loop.run_until_complete(asyncio.wait_for(self.app.shut_down(), APP_SECONDS))
        except BaseException as exc:  # SystemExit, CancelledError
            sys.stderr.write("the app failed to shut down: {}\n".format(failures.describe(exc)))

    def _leave(self):
        """End with handlers still running in threads, for which the interpreter would wait."""
        import atexit
        atexit._run_exitfuncs()
        flush_output()
        os._exit(self.status)
