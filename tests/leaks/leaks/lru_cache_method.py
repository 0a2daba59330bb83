"""lru_cache on a method: self is a part of the key, so that it keeps each request's object."""
# requests: 12
import functools

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


class Basket:
    def __init__(self, items):
        self.items = [{"item": item, "price": 1.5 * item} for item in range(items)]  # LEAK

    @functools.lru_cache(maxsize=None)
    def total(self):
        return sum(one["price"] for one in self.items)  # LEAK


@app.route(route="total")
def total(req: func.HttpRequest) -> func.HttpResponse:
    basket = Basket(30)  # LEAK
    return func.HttpResponse(f"{basket.total()} {basket.total()}")  # LEAK maybe
