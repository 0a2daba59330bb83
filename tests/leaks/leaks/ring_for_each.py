"""Each session has a ring, with a limit; the sessions have none."""
# requests: 14
import collections
import itertools

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
NUMBERS = itertools.count()
SESSIONS = {}


@app.route(route="session")
def get(req: func.HttpRequest) -> func.HttpResponse:
    number = next(NUMBERS)
    ring = SESSIONS[number] = collections.deque(maxlen=50)  # LEAK
    for _ in range(5):
        ring.append(bytearray(20000))  # LEAK
    return func.HttpResponse(str(len(SESSIONS)))
