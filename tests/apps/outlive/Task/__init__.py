"""The first request leaves a task behind, which takes 24 MiB while the second one runs."""
import asyncio

import azure.functions as func

LEFT, KEPT = [], []


async def late():
    await LEFT[0].wait()
    KEPT.append(bytearray(24 << 20))
    LEFT[1].set()


async def main(req: func.HttpRequest) -> func.HttpResponse:
    if LEFT:
        LEFT[0].set()
        await LEFT[1].wait()
        return func.HttpResponse("second")
    LEFT.extend([asyncio.Event(), asyncio.Event(), asyncio.create_task(late())])
    return func.HttpResponse("first")
