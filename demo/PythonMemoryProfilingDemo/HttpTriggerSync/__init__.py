"""Fetches a page with requests and reports its size and the words that it uses most.

GET /api/HttpTriggerSync
"""
import collections
import logging
import os

import azure.functions as func
import requests

PAGE_URL = os.environ.get("PAGE_URL", "https://microsoft.com")


def fetch(url: str) -> str:
    response = requests.get(url, timeout=30)
    response.raise_for_status()
    return response.text


def frequent_words(text: str, count: int) -> list:
    words = [word.strip(".,;:!?<>/").lower() for word in text.split()]
    longer = [word for word in words if len(word) > 4]
    return collections.Counter(longer).most_common(count)


def main(req: func.HttpRequest) -> func.HttpResponse:
    text = fetch(req.params.get("url", PAGE_URL))
    top = frequent_words(text, 5)
    logging.info("the most frequent word is %r", top[0][0] if top else None)
    lines = [f"{count:6} {word}" for word, count in top]
    return func.HttpResponse(f"{len(text)} characters\n" + "\n".join(lines) + "\n")
