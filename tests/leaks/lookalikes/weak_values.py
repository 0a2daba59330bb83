"""Objects that are found by name as long as somebody has them: the last two requests."""
# requests: 14
import itertools
import weakref

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
NUMBERS = itertools.count()
DOCUMENTS = weakref.WeakValueDictionary()
opened = []


class Document:
    def __init__(self):
        self.text = bytes(6000)


@app.route(route="document")
async def document(req: func.HttpRequest) -> func.HttpResponse:
    found = DOCUMENTS[next(NUMBERS) + 1000] = Document()
    opened.append(found)
    del opened[:-2]
    return func.HttpResponse(str(len(DOCUMENTS)))
