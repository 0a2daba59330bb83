"""The price of a basket, with its discount."""
import json

import azure.functions as func

from basket import Basket

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="basket", methods=["GET"])
def price(req: func.HttpRequest) -> func.HttpResponse:
    basket = Basket(int(req.params.get("items", "40")))
    answer = {"total": basket.total, "discount": basket.total // 10}
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")
