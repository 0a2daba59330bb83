"""What is kept was made between two awaits, in coroutines that run side by side."""
# requests: 12
import asyncio

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
RESULTS = []


async def fetch(size):
    await asyncio.sleep(0.001)
    body = bytes(size)  # LEAK
    await asyncio.sleep(0.001)
    RESULTS.append(body)
    return size


@app.route(route="fetch")
async def fetch_all(req: func.HttpRequest) -> func.HttpResponse:
    sizes = await asyncio.gather(fetch(1000), fetch(2000), fetch(3000))
    return func.HttpResponse(str(sum(sizes)))
