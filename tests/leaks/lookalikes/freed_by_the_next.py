"""The latest result stays until the next request replaces it."""
# requests: 12
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
latest = None


@app.route(route="measure")
async def measure(req: func.HttpRequest) -> func.HttpResponse:
    global latest
    latest = {"samples": [float(number) for number in range(2000)]}
    return func.HttpResponse(str(len(latest["samples"])))
