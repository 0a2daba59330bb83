"""lru_cache with its usual maxsize of 128, whose keys never come again: it is filling."""
# requests: 14
import functools
import itertools

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
NUMBERS = itertools.count(1000)


@functools.lru_cache
def load(number):
    return [number] * 3000


@app.route(route="load")
def get(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(str(len(load(next(NUMBERS)))))
