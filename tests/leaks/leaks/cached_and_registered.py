"""What an lru_cache would drop is in a list, too, which drops nothing."""
# requests: 14
import functools
import itertools

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
NUMBERS = itertools.count(1000)


class Registry:
    def __init__(self):
        self.pages = []


REGISTRY = Registry()


@functools.lru_cache(maxsize=128)
def page(number):
    made = bytearray(20000)  # LEAK
    REGISTRY.pages.append(made)
    return made


@app.route(route="page")
def get(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(str(len(page(next(NUMBERS)))))
