"""Only requests that fail leak: what was wrong with them is kept."""
# requests: 14
import itertools

import azure.functions as func

NUMBERS = itertools.count(1)
FAULTS = {}


def check(number):
    if number % 2 == 0:
        raise ValueError("even")
    return number


def main(req: func.HttpRequest) -> func.HttpResponse:
    number = next(NUMBERS)
    try:
        check(number)
    except ValueError as error:
        FAULTS[number] = f"request {number}: {error} " * 150  # LEAK
        return func.HttpResponse("even")
    return func.HttpResponse("odd")
