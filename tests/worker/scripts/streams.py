"""Sockets on the worker's loop: streams, datagrams, back-pressure, errors, descriptors used again."""

import asyncio
import os
import socket
import tempfile

import cases


async def echo(reader, writer):
    while True:
        data = await reader.read(65536)
        if not data:
            break
        writer.write(data)
        await writer.drain()
    writer.close()


async def test_many_connections():
    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=400)
    port = server.sockets[0].getsockname()[1]

    async def client(number):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        text = b"%d\n" % number
        writer.write(text)
        assert await reader.readline() == text
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(client(number) for number in range(300)))
    server.close()
    await server.wait_closed()


async def test_backpressure():
    """A writer is stopped by a reader that does not read, and goes on when it does."""
    size = 8 << 20
    read = asyncio.Event()
    total = asyncio.get_running_loop().create_future()

    async def late(reader, writer):
        await read.wait()
        count = 0
        while True:
            data = await reader.read(1 << 16)
            if not data:
                break
            count += len(data)
        writer.close()
        total.set_result(count)

    server = await asyncio.start_server(late, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(bytes(size))
    drained = asyncio.ensure_future(writer.drain())
    done, _ = await asyncio.wait([drained], timeout=0.05)
    assert not done
    read.set()
    await drained
    writer.close()
    assert await total == size
    server.close()


async def test_refused():
    with socket.socket() as probe:  # has the port, so that nobody else listens on it, nor does it
        probe.bind(("127.0.0.1", 0))
        try:
            await asyncio.open_connection(*probe.getsockname())
        except ConnectionRefusedError:
            return
    raise AssertionError("not refused")


async def test_unix_sockets():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        server = await asyncio.start_unix_server(echo, path)
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"hello")
        writer.write_eof()
        assert await reader.read() == b"hello"
        writer.close()
        server.close()


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, answer):
        self.answer = answer
        self.got = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        if self.answer:
            self.transport.sendto(data.upper(), address)
        else:
            self.got.set_result(data)

    def error_received(self, exc):
        self.got.set_exception(exc)


async def test_datagrams():
    loop = asyncio.get_running_loop()
    server, _ = await loop.create_datagram_endpoint(
        lambda: Datagrams(True), local_addr=("127.0.0.1", 0))
    address = server.get_extra_info("sockname")
    client, protocol = await loop.create_datagram_endpoint(
        lambda: Datagrams(False), remote_addr=address)
    client.sendto(b"hello")
    assert await protocol.got == b"HELLO"
    client.close()
    server.close()


async def test_datagram_error():
    """The ICMP answer of a port where nobody listens is an error condition of the socket."""
    loop = asyncio.get_running_loop()
    probe = socket.socket(type=socket.SOCK_DGRAM)
    probe.bind(("127.0.0.1", 0))
    address = probe.getsockname()
    probe.connect(address)  # has the port, and listens to nobody but itself
    client, protocol = await loop.create_datagram_endpoint(
        lambda: Datagrams(False), remote_addr=address)
    client.sendto(b"hello")
    try:
        await protocol.got
    except ConnectionRefusedError:
        return
    finally:
        client.close()
        probe.close()
    raise AssertionError("no error")


async def test_closed_without_remove():
    """The descriptor is closed under the loop, and its number used again."""
    loop = asyncio.get_running_loop()
    a, b = socket.socketpair()
    number = a.fileno()
    loop.add_reader(number, lambda: None)
    a.close()
    await asyncio.sleep(0)
    c, d = socket.socketpair()
    assert c.fileno() == number
    loop.remove_reader(number)
    got = loop.create_future()
    loop.add_reader(c, lambda: got.set_result(c.recv(10)))
    d.send(b"again")
    assert await got == b"again"
    loop.remove_reader(c)
    for one in (b, c, d):
        one.close()


async def test_add_reader_of_a_file():
    with open(__file__) as regular:
        try:
            asyncio.get_running_loop().add_reader(regular, print)
        except PermissionError:
            return
    raise AssertionError("a regular file has no readiness")


async def test_stdin_stays_blocking():
    loop = asyncio.get_running_loop()
    reader, writer = os.pipe()
    saved = os.dup(0)
    os.dup2(reader, 0)
    got = loop.create_future()
    loop.add_reader(0, lambda: got.set_result(os.read(0, 10)))
    os.write(writer, b"typed")
    assert await got == b"typed"
    assert os.get_blocking(0)
    loop.remove_reader(0)
    os.dup2(saved, 0)
    for fd in (reader, writer, saved):
        os.close(fd)


async def test_pipes():
    loop = asyncio.get_running_loop()
    reading, writing = os.pipe()
    stream = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream),
                                 os.fdopen(reading, "rb"))
    transport, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(writing, "wb"))
    data = bytes(range(256)) * 4096
    transport.write(data)
    assert await stream.readexactly(len(data)) == data
    transport.close()
    assert await stream.read() == b""


cases.run(globals())
