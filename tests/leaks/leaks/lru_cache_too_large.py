"""lru_cache with a limit that is none: ten million pages of 20 KiB each."""
# requests: 14
import functools
import itertools

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
NUMBERS = itertools.count(1000)


@functools.lru_cache(maxsize=10_000_000)
def page(number):
    return bytearray(20000 + number)  # LEAK


@app.route(route="page")
def get(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(str(len(page(next(NUMBERS)))))  # LEAK maybe
