"""The shapes that code takes: generators, comprehensions, nested functions, lambdas, threads."""
import threading

import azure.functions as func

KEPT = []


def blocks(count):
    for _ in range(count):
        block = bytearray(8 << 20)
        yield block


def from_generator():
    for block in blocks(4):
        KEPT.append(block)


def from_comprehension():
    made = [bytearray(8 << 20) for _ in range(4)]
    KEPT.append(made)


def from_nested():
    def inner():
        KEPT.append(bytearray(32 << 20))

    inner()


def from_lambda():
    make = lambda: KEPT.append(bytearray(32 << 20))  # noqa: E731
    make()


def in_thread():
    KEPT.append(bytearray(32 << 20))


def from_thread():
    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()


def recursive(depth):
    if depth == 0:
        KEPT.append(bytearray(32 << 20))
        return
    recursive(depth - 1)


def main(req: func.HttpRequest) -> func.HttpResponse:
    from_generator()
    from_comprehension()
    from_nested()
    from_lambda()
    from_thread()
    recursive(5)
    return func.HttpResponse(str(len(KEPT)))
