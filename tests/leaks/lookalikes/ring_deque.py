"""The last five answers, in a deque with a maxlen."""
# requests: 14
import collections

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
LATEST = collections.deque(maxlen=5)


@app.route(route="answer")
def answer(req: func.HttpRequest) -> func.HttpResponse:
    LATEST.append({"url": req.url, "body": bytes(8000)})
    return func.HttpResponse(str(len(LATEST)))
