"""A generator that a request begins is finished by the second one after it."""
# requests: 14
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
begun = []


def pages():
    first = bytes(5000)
    yield len(first)
    second = bytes(5000)
    yield len(second)


@app.route(route="pages")
async def read_pages(req: func.HttpRequest) -> func.HttpResponse:
    reading = pages()
    next(reading)
    begun.append(reading)
    if len(begun) > 2:
        for _ in begun.pop(0):
            pass
    return func.HttpResponse(str(len(begun)))
