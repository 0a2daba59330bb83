"""A price in dollars: a service, which here is the other function, knows the rate of the day."""
import urllib.parse
import uuid

import azure.functions as func

import rates

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="price", methods=["GET"])
async def price(req: func.HttpRequest) -> func.HttpResponse:
    token = str(uuid.uuid4())  # an access token, as a login gives it
    rate = await rates.fetch(urllib.parse.urljoin(req.url, "rate"), token)
    return func.HttpResponse(f"{100 * rate:.2f} dollars\n")


@app.route(route="rate", methods=["GET"])
async def rate(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("1.08")
