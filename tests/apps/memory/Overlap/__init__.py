"""Several of these run at a time, and all of them allocate."""
import asyncio

import azure.functions as func


async def work():
    block = bytearray(40 << 20)
    await asyncio.sleep(0.02)  # held
    del block
    await asyncio.sleep(0.02)


async def main(req: func.HttpRequest) -> func.HttpResponse:
    await work()
    return func.HttpResponse("worked")
