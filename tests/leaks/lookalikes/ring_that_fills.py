"""The latest 500 requests are kept for a page of statistics, and there were not so many yet."""
# requests: 14
import collections

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
LATEST = collections.deque(maxlen=500)


class Seen:
    def __init__(self, url, body):
        self.url = url
        self.body = body


@app.route(route="page")
async def get(req: func.HttpRequest) -> func.HttpResponse:
    LATEST.append(Seen(str(req.url), bytearray(4000)))
    return func.HttpResponse(str(len(LATEST)))
