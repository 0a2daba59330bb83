"""The products of a shop as HTML, which is made once for each page and kept."""
import azure.functions as func

import pages

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="products", methods=["GET"])
def products(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(pages.find(req.url), mimetype="text/html")
