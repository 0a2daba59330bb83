"""Pages that were made before."""
import time

PRODUCTS = ("lamp", "desk", "chair", "shelf", "rug")

made = {}


def make(url: str) -> str:
    rows = "".join(f"<tr><td>{product}</td><td>{number}</td></tr>\n"
                   for number in range(200) for product in PRODUCTS)
    return f"<h1>{url}</h1>\n<table>\n{rows}</table>\n"


def find(url: str) -> str:
    key = (url, time.time())  # a page is not to become too old
    if key not in made:
        made[key] = make(url)
    return made[key]
