"""Records are gathered and written five at a time."""
# requests: 13
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
records = []


def write_out():
    size = sum(len(record["body"]) for record in records)
    records.clear()
    return size


@app.route(route="record")
def record(req: func.HttpRequest) -> func.HttpResponse:
    records.append({"url": req.url, "body": bytes(4000)})
    written = write_out() if len(records) == 5 else 0
    return func.HttpResponse(str(written))
