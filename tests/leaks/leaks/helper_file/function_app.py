"""The leak is in a file that the function's file imports."""
# requests: 12
import azure.functions as func

import audit

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="order")
def order(req: func.HttpRequest) -> func.HttpResponse:
    audit.record(req.url, req.headers)
    return func.HttpResponse("placed")
