"""Each request starts a task that waits for what never comes."""
# requests: 12
import asyncio

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
tasks = set()
confirmed = None


async def confirm():
    letter = bytearray(5000)  # LEAK
    await confirmed.wait()  # LEAK
    letter.clear()


@app.route(route="order")
async def order(req: func.HttpRequest) -> func.HttpResponse:
    global confirmed
    confirmed = confirmed or asyncio.Event()
    task = asyncio.create_task(confirm())  # LEAK
    tasks.add(task)
    task.add_done_callback(tasks.discard)  # LEAK
    await asyncio.sleep(0)  # LEAK
    return func.HttpResponse("placed")
