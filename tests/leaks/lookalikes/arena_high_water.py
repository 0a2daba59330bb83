"""Many small objects, and of them few that stay: the arenas stay resident, the objects do not."""
# requests: 12
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
kept = []


@app.route(route="count")
def count(req: func.HttpRequest) -> func.HttpResponse:
    global kept
    words = [str(number) for number in range(50_000)]
    kept = words[::5000]
    return func.HttpResponse(str(len(words)))
