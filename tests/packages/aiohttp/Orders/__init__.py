"""Reads orders from another service, by the session that all invocations share.

The service sets a cookie, and every order has an address of its own: up to aiohttp 3.12.2 the
session's cookie jar keeps an entry for each path that was ever asked for (aiohttp issue 11052). No
time-out is set, because asyncio keeps some hundred timers that were cancelled.
"""

import uuid

import aiohttp
import azure.functions as func

ORDERS = 80
SESSION = None


async def main(req: func.HttpRequest) -> str:
    global SESSION
    if SESSION is None:
        SESSION = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
    orders = "{}/{}".format(req.params["service"], uuid.uuid4())
    for number in range(ORDERS):
        async with SESSION.get("{}/{}".format(orders, number)) as response:
            await response.read()
    return "read {} orders".format(ORDERS)
