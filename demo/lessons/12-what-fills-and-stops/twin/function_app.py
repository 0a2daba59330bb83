"""Shipping costs to five countries. The first request to each of them reads its table."""
import itertools

import azure.functions as func

import shipping

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
countries = itertools.cycle(["NL", "BE", "DE", "FR", "LU"])


@app.route(route="shipping", methods=["GET"])
def costs(req: func.HttpRequest) -> func.HttpResponse:
    country = req.params.get("to") or next(countries)
    return func.HttpResponse(f"{country}: {shipping.cents(country, 3)} cents\n")
