"""A session for each request, which the loop knows until it is closed, and nobody closes it."""
# requests: 12
import asyncio
import socket

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


class Session(asyncio.Protocol):
    async def open(self):
        self.buffer = bytearray(5000)  # LEAK
        here, self.there = socket.socketpair()  # LEAK
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, sock=here)  # LEAK

    def data_received(self, data):
        self.buffer.extend(data)


@app.route(route="call")
async def call(req: func.HttpRequest) -> func.HttpResponse:
    session = Session()  # LEAK
    await session.open()
    return func.HttpResponse(str(len(session.buffer)))
