"""Is pending until the file `go` appears in the app's root, or the worker dies."""
import asyncio
import os

import azure.functions as func


async def main(req: func.HttpRequest) -> func.HttpResponse:
    open("waiting", "w").close()
    while not os.path.exists("go"):
        await asyncio.sleep(0.02)
    return func.HttpResponse("waited")
