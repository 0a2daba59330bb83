"""Two buffers that take turns: one is filled anew while the other is read."""
# requests: 12
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
front, back = b"", b""


@app.route(route="frame")
def frame(req: func.HttpRequest) -> func.HttpResponse:
    global front, back
    front, back = back, bytes(30_000)
    return func.HttpResponse(str(len(front)))
