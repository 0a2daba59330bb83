"""2 KiB an invocation, in a process that has once taken 200 MiB."""
# requests: 12
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
SEEN = []


def load_model():
    weights = b"\1" * (200 << 20)
    return len(weights)


@app.route(route="score")
def score(req: func.HttpRequest) -> func.HttpResponse:
    if not SEEN:
        load_model()
    SEEN.append(bytes(2 << 10))  # LEAK
    return func.HttpResponse("0.7")
