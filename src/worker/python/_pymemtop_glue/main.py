"""The worker's Python program: serve the host until it says SHUTDOWN or is gone."""

import asyncio
import atexit
import os
import signal
import sys

import _pymemtop

from . import breaking, forks, host, logs, loop, threads, wire

# What the interpreter frees while it is taken down is no work of the program. Registered first, so
# that it is called after all that the program registers.
atexit.register(_pymemtop.heap_stop)


def ignore():
    pass


def main(app_root):
    """Returns the exit status; the caller finalises the interpreter. The current folder and the end
    of sys.path are `app_root` already."""
    logs.install()
    threads.variables.append(logs.invocation)
    sys.modules[__package__].is_started = True
    threads.install()
    breaking.install()
    event_loop = loop.Loop()
    asyncio.set_event_loop(event_loop)
    functions = host.Host(event_loop)
    # Ctrl-C in the terminal reaches every process of the group; it is the host that ends.
    event_loop.add_signal_handler(signal.SIGINT, ignore)
    event_loop.add_signal_handler(signal.SIGTERM, functions.terminate)
    event_loop.share_no_signals()
    os.register_at_fork(after_in_child=forks.after_in_child)
    _pymemtop.set_inbox(functions.receive)
    wire.send(_pymemtop.READY, {"python": "{}.{}.{}".format(*sys.version_info), "pid": os.getpid()})
    try:
        event_loop.run_forever()
    except SystemExit as exc:  # of a task that the app started and left
        functions.status = forks.exit_status(exc)
    finally:
        # The end has begun: a second SIGTERM or SHUTDOWN must not stop the loop while it closes.
        event_loop.add_signal_handler(signal.SIGTERM, ignore)
        _pymemtop.set_inbox(None)
        functions.close()
    return functions.status
