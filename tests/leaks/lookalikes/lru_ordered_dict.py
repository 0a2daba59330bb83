"""An LRU cache by hand: what was asked for longest ago makes room."""
# requests: 14
import collections
import itertools

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
NUMBERS = itertools.count(1)
TILES = collections.OrderedDict()


def tile(number):
    if number in TILES:
        TILES.move_to_end(number)
    else:
        TILES[number] = bytes(12_000)
        if len(TILES) > 4:
            TILES.popitem(last=False)
    return TILES[number]


@app.route(route="tile")
async def get_tile(req: func.HttpRequest) -> func.HttpResponse:
    tile(1)
    return func.HttpResponse(str(len(tile(next(NUMBERS)))))
