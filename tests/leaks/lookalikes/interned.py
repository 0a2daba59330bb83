"""Names that are interned: each is kept once, however often it comes, and as long as it is used."""
# requests: 12
import sys

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
ROW = {}


@app.route(route="row")
def row(req: func.HttpRequest) -> func.HttpResponse:
    for number in range(50):
        ROW[sys.intern("column_%d" % number)] = number
    return func.HttpResponse(str(len(ROW)))
