"""Each request adds a handler to a logger, which keeps what it has logged."""
# requests: 12
import logging
import logging.handlers

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
logger = logging.getLogger("shop")
logger.propagate = False


@app.route(route="shop")
def shop(req: func.HttpRequest) -> func.HttpResponse:
    handler = logging.handlers.MemoryHandler(1000)  # LEAK
    logger.addHandler(handler)
    logger.warning("asked for %s", req.url)  # LEAK
    return func.HttpResponse(str(len(logger.handlers)))
