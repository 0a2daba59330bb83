"""A function that was prepared for memory_profiler, as Microsoft's how-to asks: pymemtop runs it
as it is, with nothing to take out and memory_profiler not installed.

GET /api/HowToProfiled
"""
import logging
import os

import aiohttp
import azure.functions as func
import memory_profiler
import requests

PAGE_URL = os.environ.get("PAGE_URL", "https://microsoft.com")

root_logger = logging.getLogger()
root_logger.handlers[0].setFormatter(logging.Formatter("%(name)s: %(message)s"))
profiler_log = memory_profiler.LogFile("memory_profiler_logs", True)


@memory_profiler.profile(stream=profiler_log)
async def size_with_aiohttp(url: str) -> int:
    async with aiohttp.ClientSession() as client:
        async with client.get(url) as response:
            return len(await response.text())


@memory_profiler.profile(stream=profiler_log)
def size_with_requests(url: str) -> int:
    return len(requests.get(url, timeout=30).text)


async def main(req: func.HttpRequest) -> func.HttpResponse:
    first = await size_with_aiohttp(PAGE_URL)
    second = size_with_requests(PAGE_URL)
    return func.HttpResponse(f"aiohttp {first}, requests {second} characters\n")
