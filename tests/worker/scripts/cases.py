"""Runs the coroutine functions test_* of a script, each on a fresh loop of the worker."""

import asyncio

from _pymemtop_glue.loop import Loop

LIMIT = 60  # seconds; only a test that hangs comes near it


def run(names):
    for name, test in sorted(names.items()):
        if not name.startswith("test_"):
            continue
        loop = Loop()
        asyncio.set_event_loop(loop)
        loop.set_debug(False)
        try:
            loop.run_until_complete(asyncio.wait_for(test(), LIMIT))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()
        print("ok", name, flush=True)
