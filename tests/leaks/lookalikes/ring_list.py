"""A ring of six places in a list, with an index."""
# requests: 14
import itertools

import azure.functions as func

NUMBERS = itertools.count()
RING = [None] * 6


def main(req: func.HttpRequest) -> func.HttpResponse:
    number = next(NUMBERS)
    RING[number % len(RING)] = bytes(8000)
    return func.HttpResponse(str(number))
