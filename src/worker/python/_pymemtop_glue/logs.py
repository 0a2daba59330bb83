"""The root log handler: sends what the app logs to the host, with the invocation that logged it."""

import contextvars
import logging
import os
import sys
import threading

import _pymemtop

from . import wire

MESSAGE_MAX = 1 << 18  # characters; the rest is cut off, and said to be

# The number of the invocation to which the current context belongs.
invocation = contextvars.ContextVar("pymemtop_invocation", default=None)

# context.thread_local_storage: a thread that the app started belongs to the invocation whose id it
# stores here as invocation_id.
thread_local = threading.local()
running = {}  # id -> number, of the invocations that run


def current_number():
    number = invocation.get()
    if number is None and threading.current_thread() is not threading.main_thread():
        number = running.get(getattr(thread_local, "invocation_id", None))
    return number


class LinkHandler(logging.Handler):
    """Sends each record as it is formatted, so that a formatter set by the app is respected."""

    def emit(self, record):
        try:
            message = self.format(record)
            if len(message) > MESSAGE_MAX:
                message = "{} ... ({} characters more)".format(
                    message[:MESSAGE_MAX], len(message) - MESSAGE_MAX)
            self.deliver(record, message)
        except RecursionError:
            raise  # the app's own, see logging.StreamHandler
        except Exception:
            self.handleError(record)

    @staticmethod
    def deliver(record, message):
        try:
            wire.send(_pymemtop.LOG, {
                "number": current_number(), "level": record.levelname, "logger": record.name,
                "message": message})
        except OSError:  # no host, or a child made by fork: stderr is still the host's
            sys.stderr.write("{}: {}\n".format(record.levelname, message))


def is_set(name):
    return os.environ.get(name, "").strip().lower() in ("1", "true", "t", "yes", "y")


def install():
    """To be called before the app's code is imported: it may rely on handlers[0]."""
    root = logging.getLogger()
    root.addHandler(LinkHandler())
    root.setLevel(logging.DEBUG if is_set("PYTHON_ENABLE_DEBUG_LOGGING") else logging.INFO)
    # asyncio's debug lines tell of the worker's own loop, not of the app.
    logging.getLogger("asyncio").setLevel(logging.INFO)
