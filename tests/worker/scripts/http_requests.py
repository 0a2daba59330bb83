# needs: aiohttp
"""aiohttp, client and server, on the worker's loop."""

import asyncio

import aiohttp
from aiohttp import web

import cases


async def answer(request):
    body = await request.read()
    return web.json_response({"path": request.path, "size": len(body)})


async def slowly(request):
    await asyncio.sleep(60)


async def stream(request):
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(100):
        await response.write(bytes(65536))
    return response


async def socket(request):
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    async for message in ws:
        await ws.send_str(message.data.upper())
    return ws


class Server:
    async def __aenter__(self):
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/answer", answer)
        app.router.add_get("/slowly", slowly)
        app.router.add_get("/stream", stream)
        app.router.add_get("/socket", socket)
        self.runner = web.AppRunner(app, handler_cancellation=True)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0, shutdown_timeout=0.1)
        await site.start()
        self.session = aiohttp.ClientSession()
        return self.session, "http://127.0.0.1:{}".format(site._server.sockets[0].getsockname()[1])

    async def __aexit__(self, *exc):
        await self.session.close()
        await self.runner.cleanup()


async def test_requests():
    async with Server() as (session, url):
        async def one(number):
            async with session.post(url + "/answer", data=bytes(number)) as response:
                assert (await response.json())["size"] == number
        await asyncio.gather(*(one(number) for number in range(100)))


async def test_large_bodies():
    async with Server() as (session, url):
        async with session.post(url + "/answer", data=bytes(16 << 20)) as response:
            assert (await response.json())["size"] == 16 << 20
        async with session.get(url + "/stream") as response:
            assert len(await response.read()) == 100 * 65536


async def test_cancelled_request():
    async with Server() as (session, url):
        try:
            await asyncio.wait_for(session.get(url + "/slowly"), 0.05)
            raise AssertionError("it answered")
        except asyncio.TimeoutError:
            pass
        async with session.get(url + "/answer") as response:
            assert response.status == 200


async def test_websocket():
    async with Server() as (session, url):
        async with session.ws_connect(url + "/socket") as ws:
            for text in ("a", "b", "c" * 100000):
                await ws.send_str(text)
                assert await ws.receive_str() == text.upper()


cases.run(globals())
