"""A pool of buffers: made when none is free, and given back."""
# requests: 14
import itertools

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
NUMBERS = itertools.count(1)
POOL = []


def borrow():
    return POOL.pop() if POOL else bytearray(30_000)


@app.route(route="resize")
async def resize(req: func.HttpRequest) -> func.HttpResponse:
    buffers = [borrow() for _ in range(1 + next(NUMBERS) % 4)]
    POOL.extend(buffers)
    return func.HttpResponse(str(len(buffers)))
