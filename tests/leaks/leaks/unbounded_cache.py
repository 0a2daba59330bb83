"""A cache that no request finds anything in: the time is a part of its keys."""
# requests: 12
import time

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
PAGES = {}


def render(key: str) -> str:
    if key not in PAGES:
        PAGES[key] = "<li>" + key * 400 + "</li>"  # LEAK
    return PAGES[key]


@app.route(route="page")
async def page(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(render(f"{req.url}#{time.time_ns()}"))  # LEAK
