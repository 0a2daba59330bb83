"""Reads an invoice; the faults are kept for the page that shows the state of the app."""
import collections

import azure.functions as func

import documents

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
faults = collections.deque(maxlen=5)


def read(name: str) -> str:
    try:
        return str(documents.parse(name))
    except ValueError as error:
        faults.append(str(error))
        return f"error {len(faults)}\n"


@app.route(route="invoice", methods=["GET"])
def invoice(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(read(req.params.get("name", "invoice.txt")))
