"""Every third request leaks; the others run the same lines but one."""
# requests: 18
import itertools

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
NUMBERS = itertools.count(1)
SAMPLES = []


@app.route(route="sample")
def sample(req: func.HttpRequest) -> func.HttpResponse:
    number = next(NUMBERS)
    if number % 3 == 0:
        SAMPLES.append(bytes(5000))  # LEAK
    return func.HttpResponse(str(number))
