"""One string that becomes longer with each request: nothing of the earlier ones is alive."""
# requests: 16
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
log = ""


@app.route(route="note")
def note(req: func.HttpRequest) -> func.HttpResponse:
    global log
    log += f"{req.method} {req.url}\n" * 60  # LEAK
    return func.HttpResponse(str(len(log)))
