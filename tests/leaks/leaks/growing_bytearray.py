"""A buffer that is filled and never emptied."""
# requests: 16
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
UPLOADED = bytearray()


@app.route(route="upload")
async def upload(req: func.HttpRequest) -> func.HttpResponse:
    part = bytes(9000)
    UPLOADED.extend(part)  # LEAK
    return func.HttpResponse(str(len(UPLOADED)))
