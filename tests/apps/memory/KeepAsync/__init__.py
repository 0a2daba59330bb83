"""Keeps 64 MiB of every request, in a coroutine."""
import asyncio

import azure.functions as func

KEPT = []


async def keep():
    await asyncio.sleep(0)
    block = bytearray(64 << 20)
    await asyncio.sleep(0.01)
    KEPT.append(block)
    return len(block)


async def main(req: func.HttpRequest) -> func.HttpResponse:
    size = await keep()
    return func.HttpResponse(str(size))
