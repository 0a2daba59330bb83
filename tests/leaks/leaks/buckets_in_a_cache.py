"""A cache of three lists, which is small for ever; the lists are not."""
# requests: 14
import functools
import itertools

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
NUMBERS = itertools.count()


@functools.lru_cache(maxsize=16)
def bucket(number):
    return []


@app.route(route="seen")
def get(req: func.HttpRequest) -> func.HttpResponse:
    seen = bucket(next(NUMBERS) % 3)
    seen.append(bytearray(20000))  # LEAK
    return func.HttpResponse(str(len(seen)))
