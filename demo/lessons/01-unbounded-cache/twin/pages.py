"""Pages that were made before."""
import time

PRODUCTS = ("lamp", "desk", "chair", "shelf", "rug")
GOOD_FOR_S = 60
PAGES_MAX = 100

made = {}


def make(url: str) -> str:
    rows = "".join(f"<tr><td>{product}</td><td>{number}</td></tr>\n"
                   for number in range(200) for product in PRODUCTS)
    return f"<h1>{url}</h1>\n<table>\n{rows}</table>\n"


def find(url: str) -> str:
    now = time.monotonic()
    until, page = made.get(url, (0, ""))
    if until < now:
        page = make(url)
        made[url] = (now + GOOD_FOR_S, page)
        if len(made) > PAGES_MAX:
            del made[next(iter(made))]
    return page
