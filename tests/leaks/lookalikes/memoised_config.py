"""The settings are read by the first request that needs them, which here is the fifth."""
# requests: 12
import itertools
import json

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
NUMBERS = itertools.count(1)
config = None


def settings():
    global config
    if config is None:
        config = json.loads(json.dumps({"key%d" % number: [number] * 9 for number in range(300)}))
    return config


@app.route(route="settings")
async def show(req: func.HttpRequest) -> func.HttpResponse:
    if next(NUMBERS) < 5:
        return func.HttpResponse("not yet")
    return func.HttpResponse(str(len(settings())))
