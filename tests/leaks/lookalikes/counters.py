"""Counts that grow, of a few things: their numbers take a little more memory, and no more than that."""
# requests: 14
import collections

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
COUNTS = collections.Counter()


@app.route(route="count")
async def count(req: func.HttpRequest) -> func.HttpResponse:
    for name in ("requests", "bytes", "rows"):
        COUNTS[name] += 1000 * len(name)
    return func.HttpResponse(str(COUNTS["bytes"]))
