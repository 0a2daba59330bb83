"""Maps that are opened and never closed."""
# requests: 12
import mmap

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
MAPS = []


@app.route(route="map")
def map_pages(req: func.HttpRequest) -> func.HttpResponse:
    pages = mmap.mmap(-1, 64 << 10)  # LEAK native
    pages.write(b"\1" * len(pages))
    MAPS.append(pages)
    return func.HttpResponse(str(len(MAPS)))
