"""lru_cache without a limit, on a function with four arguments to be had."""
# requests: 14
import functools
import itertools

import azure.functions as func

NUMBERS = itertools.count()


@functools.lru_cache(maxsize=None)
def table(size):
    return [[row * column for row in range(size)] for column in range(size)]


def main(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(str(len(table(20 + next(NUMBERS) % 4))))
