"""Patterns that re compiles at their first use, and loggers that logging makes at theirs."""
# requests: 14
import itertools
import logging
import re

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
NUMBERS = itertools.count()


@app.route(route="match")
def match(req: func.HttpRequest) -> func.HttpResponse:
    number = next(NUMBERS) % 4
    found = re.search(r"(\w+)-%d{1,%d}" % (number, number + 2), "route-3")
    logging.getLogger("shop.%d" % number).debug("found %s", found)
    return func.HttpResponse(str(bool(found)))
