"""A cache of keys that come by chance, of few: it fills ever more slowly."""
# requests: 30
import random

import azure.functions as func

CHANCE = random.Random(8)
CITIES = {}


def main(req: func.HttpRequest) -> func.HttpResponse:
    city = CHANCE.randrange(8)
    if city not in CITIES:
        CITIES[city] = [city] * 2000
    return func.HttpResponse(str(len(CITIES[city])))
