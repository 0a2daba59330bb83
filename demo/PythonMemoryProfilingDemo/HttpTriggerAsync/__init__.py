"""Fetches pages with aiohttp, keeps the newest of them, and reports their sizes.

GET /api/HttpTriggerAsync?pages=3
"""
import collections
import logging
import os

import aiohttp
import azure.functions as func

PAGE_URL = os.environ.get("PAGE_URL", "https://microsoft.com")
RECENT = collections.deque(maxlen=40)


async def page_size(client: aiohttp.ClientSession, url: str) -> int:
    async with client.get(url) as response:
        text = await response.text()
    RECENT.append(text)
    words = collections.Counter(text.split())
    logging.info("%s: %d characters, %d words", url, len(text), len(words))
    return len(text)


async def page_sizes(url: str, pages: int) -> list:
    sizes = []
    async with aiohttp.ClientSession() as client:
        for _ in range(pages):
            sizes.append(await page_size(client, url))
    return sizes


async def main(req: func.HttpRequest) -> func.HttpResponse:
    try:
        pages = min(int(req.params.get("pages", "3")), 50)
    except ValueError:
        return func.HttpResponse("pages is a number", status_code=400)
    sizes = await page_sizes(PAGE_URL, pages)
    return func.HttpResponse(f"{pages} pages of {PAGE_URL}: {sum(sizes)} characters\n")
