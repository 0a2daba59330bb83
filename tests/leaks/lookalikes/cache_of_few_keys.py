"""A cache without a limit, of five keys: it fills and stops."""
# requests: 14
import itertools

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
NUMBERS = itertools.count()
RATES = {}


@app.route(route="rate")
async def rate(req: func.HttpRequest) -> func.HttpResponse:
    currency = "EUR USD GBP CHF SEK".split()[next(NUMBERS) % 5]
    if currency not in RATES:
        RATES[currency] = bytes(20_000)
    return func.HttpResponse(currency)
