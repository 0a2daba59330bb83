"""An exception that is kept keeps the frames it went through, and what their variables hold: also the
answer, a variable of the caller."""
# requests: 12
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
ERRORS = []


def parse(text):
    document = bytearray(6000)  # LEAK
    raise ValueError(f"{text} in {len(document)} bytes")  # LEAK


@app.route(route="parse")
def try_parse(req: func.HttpRequest) -> func.HttpResponse:
    try:
        parse("no JSON")  # LEAK
    except ValueError as error:
        ERRORS.append(error)
    return func.HttpResponse("wrong")  # LEAK
