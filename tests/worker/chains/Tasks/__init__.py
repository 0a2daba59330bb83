"""As Leak, of asyncio."""

import asyncio
import contextvars

import azure.functions as func

TASKS, EVENTS, CALLED = [], [], []
VAR = contextvars.ContextVar("request")


class Session:
    def __init__(self, history):
        self.history = history

    def on_done(self, future):
        pass

    async def poll(self):
        page = bytes(1010)  # -> Tasks.TASKS[5] -> Task -> Session.poll() local page
        await asyncio.Event().wait()
        del page


async def forever(event):
    value = bytes(1000)  # -> Tasks.TASKS[0] -> Task -> forever() local local[0]
    local = [value]
    del value
    value = bytes(1003)  # -> Tasks.TASKS[0] -> Task -> Context[ContextVar('request')]
    VAR.set(value)
    del value
    await event.wait()
    del local


async def unkept():
    local = bytes(1001)  # -> nothing in Python: native code, or a cycle that waits for the collector
    await asyncio.Event().wait()
    del local


async def slow():
    local = bytes(1002)  # -> asyncio.get_running_loop()._scheduled[2] -> TimerHandle._args[0] -> Future._callbacks -> Task -> slow() local local
    await asyncio.sleep(3600)
    del local


async def done(value):
    return value


async def main(req):
    loop = asyncio.get_running_loop()
    EVENTS.append(asyncio.Event())
    TASKS.append(asyncio.ensure_future(forever(EVENTS[-1])))
    asyncio.ensure_future(unkept())
    asyncio.ensure_future(slow())
    value = bytes(1004)  # -> Tasks.TASKS[1] -> Task._result
    TASKS.append(asyncio.ensure_future(done(value)))
    future = loop.create_future()
    value = bytes(1005)  # -> Tasks.TASKS[2] -> Future._result
    future.set_result(value)
    TASKS.append(future)
    future = loop.create_future()
    value = bytes(1006)  # -> Tasks.TASKS[3] -> Future._exception.args[0]
    future.set_exception(ValueError(value, 0))
    future.exception()
    TASKS.append(future)
    future = loop.create_future()
    value = bytes(1007)  # -> Tasks.TASKS[4] -> Future._callbacks -> Session.on_done.__self__.history
    future.add_done_callback(Session(value).on_done)
    TASKS.append(future)
    TASKS.append(asyncio.ensure_future(Session(0).poll()))
    value = bytes(1008)  # -> Tasks.CALLED[0] -> TimerHandle._args[0]
    CALLED.append(loop.call_later(3600, print, value))
    value = bytes(1009)  # -> asyncio.get_running_loop()._scheduled[1] -> TimerHandle._args[0]
    loop.call_later(3600, print, value)
    await asyncio.sleep(0.01)
    return func.HttpResponse("ok")
