"""Every third request leaks, on a line that all of them run."""
# requests: 18
import itertools

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
NUMBERS = itertools.count(1)
SAMPLES = []


@app.route(route="sample")
async def sample(req: func.HttpRequest) -> func.HttpResponse:
    body = bytes(5000)  # LEAK
    if next(NUMBERS) % 3 == 0:
        SAMPLES.append(body)
    return func.HttpResponse(str(len(body)))
