"""Sleeps while another task of the same loop takes 64 MiB."""
import asyncio

import azure.functions as func

KEPT = []


async def idle(taken):
    while not taken.is_set():
        await asyncio.sleep(0.01)
    return "idle"


async def allocate(taken):
    await asyncio.sleep(0.03)
    KEPT.append(bytearray(64 << 20))
    await asyncio.sleep(0.03)
    taken.set()


async def main(req: func.HttpRequest) -> func.HttpResponse:
    taken = asyncio.Event()
    task = asyncio.create_task(allocate(taken))
    word = await idle(taken)
    await task
    return func.HttpResponse(word)
