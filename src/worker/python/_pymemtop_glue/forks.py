"""Children that the app makes by fork. One that comes to the end of the handler ends there, as a
program does at its end: the thread pool and the loop that it would go back to are the parent's, and
whoever waits for it would wait for ever."""

import os
import sys

from . import failures, logs

is_child = False
forked_by = None  # the number of the invocation that this child comes from


def after_in_child():
    global is_child, forked_by
    is_child, forked_by = True, logs.current_number()


def exit_status(exc):
    """The status of a process that ends with SystemExit."""
    if exc.code is None:
        return 0
    if isinstance(exc.code, int):
        return exc.code & 0xff
    print(exc.code, file=sys.stderr)
    return 1


def leave(exc, flush):
    """End this child; `exc` is the handler's exception, or None."""
    status = 0
    try:
        if isinstance(exc, SystemExit):
            status = exit_status(exc)
        elif exc is not None:
            status = 1
            sys.stderr.write(failures.format_traceback(exc))
        else:
            print("a child process made by fork has come to the end of the handler, and ends there",
                  file=sys.stderr)
        flush()
    finally:
        os._exit(status)
