"""The leak is three calls below main, which keeps nothing itself."""
# requests: 12
import azure.functions as func

SEEN = []


def main(req: func.HttpRequest) -> func.HttpResponse:
    rows = parse(req.params.get("rows", "64"))
    return func.HttpResponse(str(len(rows)))


def parse(text):
    return [row for row in range(int(text)) if is_new(row)]


def is_new(row):
    if row == 0:
        remember(row)
    return row % 2 == 0


def remember(row):
    SEEN.append([row] * 700)  # LEAK
