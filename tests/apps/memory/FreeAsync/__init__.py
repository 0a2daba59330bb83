"""Takes 64 MiB and gives them back, in a coroutine."""
import asyncio

import azure.functions as func


async def take_and_free():
    block = bytearray(64 << 20)
    await asyncio.sleep(0.01)
    del block
    await asyncio.sleep(0.01)


async def main(req: func.HttpRequest) -> func.HttpResponse:
    await take_and_free()
    return func.HttpResponse("done")
