"""UVSelector by itself keeps the contract of the selectors module."""

import gc
import os
import resource
import selectors
import socket
import threading
import time

from _pymemtop_glue.loop import UVSelector

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


def raises(kind, function, *args):
    try:
        function(*args)
    except kind:
        return True
    raise AssertionError("{} did not raise {}".format(function, kind))


def ready(selector, timeout=0):
    return sorted((key.fd, events) for key, events in selector.select(timeout))


def test_readiness():
    with UVSelector() as selector:
        a, b = socket.socketpair()
        key = selector.register(a, READ | WRITE, "data")
        assert key.data == "data" and selector.get_key(a) == key
        assert ready(selector) == [(a.fileno(), WRITE)]
        b.send(b"x")
        assert ready(selector) == [(a.fileno(), READ | WRITE)]
        selector.modify(a, READ, "other")
        assert selector.get_key(a).data == "other"
        assert ready(selector, None) == [(a.fileno(), READ)]
        a.recv(1)
        assert ready(selector) == []
        b.close()
        assert ready(selector) == [(a.fileno(), READ)]
        assert selector.unregister(a).fd == a.fileno()
        assert ready(selector) == []
        a.close()


def test_refusals():
    selector = UVSelector()
    a, b = socket.socketpair()
    selector.register(a, READ)
    raises(KeyError, selector.register, a, READ)
    raises(KeyError, selector.unregister, b)
    raises(KeyError, selector.modify, b, READ)
    raises(ValueError, selector.register, b, 0)
    raises(ValueError, selector.modify, a, 8)
    with open(__file__) as regular:
        raises(PermissionError, selector.register, regular, READ)
        raises(KeyError, selector.get_key, regular)
    selector.close()
    selector.close()
    raises(ValueError, selector.select, 0)
    a.close()
    b.close()


def test_timeouts():
    with UVSelector() as selector:
        for timeout in (0.001, 0.0123, 0.05):
            start = time.monotonic()
            assert selector.select(timeout) == []
            assert time.monotonic() - start >= timeout - 0.001
        assert selector.select(0) == [] and selector.select(-5) == []
        raises(TypeError, selector.select, "soon")


def test_descriptors_are_left_as_they_are():
    with UVSelector() as selector:
        reader, writer = os.pipe()
        assert os.get_blocking(reader)
        selector.register(reader, READ)
        selector.select(0)
        assert os.get_blocking(reader)
        selector.unregister(reader)
        os.close(reader)
        os.close(writer)


def test_closed_and_used_again():
    with UVSelector() as selector:
        a, b = socket.socketpair()
        number = a.fileno()
        selector.register(number, READ)
        a.close()  # without unregister, before the loop has turned
        assert ready(selector) == []
        c, d = socket.socketpair()
        assert c.fileno() == number
        d.send(b"x")
        assert ready(selector) == []  # it is another file, and not registered
        selector.unregister(number)
        selector.register(c, READ)
        assert ready(selector) == [(number, READ)]
        for one in (b, c, d):
            one.close()
        selector.unregister(number)


def test_errors_make_ready():
    """The reading end of a pipe goes away: epoll says EPOLLERR to the writing end."""
    with UVSelector() as selector:
        reader, writer = os.pipe()
        selector.register(writer, WRITE)
        os.close(reader)
        for _ in range(3):
            assert ready(selector, 1) == [(writer, WRITE)]
        selector.unregister(writer)
        os.close(writer)


def test_many():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = 1500
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * count), hard))
    with UVSelector() as selector:
        pairs = [socket.socketpair() for _ in range(count)]
        for a, _ in pairs:
            selector.register(a, READ)
        for _, b in pairs[::2]:
            b.send(b"x")
        assert len(selector.select(1)) == count // 2
        for a, b in pairs:
            selector.unregister(a)
            a.close()
            b.close()


def test_one_waits_at_a_time():
    with UVSelector() as selector, UVSelector() as other:
        a, b = socket.socketpair()
        selector.register(a, READ)
        events = []
        thread = threading.Thread(target=lambda: events.append(selector.select(None)))
        thread.start()
        while True:  # until the thread waits
            try:
                other.select(0)
            except RuntimeError:
                break
        raises(RuntimeError, selector.close)
        b.send(b"x")
        thread.join()
        assert len(events[0]) == 1
        selector.unregister(a)
        a.close()
        b.close()


def test_forgotten():
    """A selector that is dropped without close() lets go of the loop."""
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        UVSelector()
        gc.collect()  # a selector and its map of keys hold each other
    assert len(os.listdir("/proc/self/fd")) <= before + 1  # libuv's own, made at first use


for name, test in sorted(globals().items()):
    if name.startswith("test_"):
        test()
        print("ok", name)
