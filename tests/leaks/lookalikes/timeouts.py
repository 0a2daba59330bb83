"""Each request waits with a time limit, and has its answer long before. asyncio keeps a timer that was
cancelled as long as an earlier one runs, or until there are a hundred of them."""
# requests: 12
import asyncio

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
rates = None


async def keep_rates():
    global rates
    while True:
        rates = {"EUR": 1.08}
        await asyncio.sleep(20)


async def ask():
    await asyncio.sleep(0.001)
    return "answer"


@app.route(route="ask")
async def ask_in_time(req: func.HttpRequest) -> func.HttpResponse:
    global keeper
    if rates is None:
        keeper = asyncio.create_task(keep_rates())
    return func.HttpResponse(await asyncio.wait_for(ask(), 30))
