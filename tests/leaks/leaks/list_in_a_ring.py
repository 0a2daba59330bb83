"""A ring of lists: it has three of them for ever, and it is the newest that grows."""
# requests: 14
import collections

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
RINGS = collections.deque(([], [], []), maxlen=3)


@app.route(route="page")
async def get(req: func.HttpRequest) -> func.HttpResponse:
    RINGS[-1].append(bytearray(4000))  # LEAK
    return func.HttpResponse(str(len(RINGS[-1])))
