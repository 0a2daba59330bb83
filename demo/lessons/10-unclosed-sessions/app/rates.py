"""Asks for rates, with a session for each user."""
import aiohttp

sessions = {}


def session_of(token: str) -> aiohttp.ClientSession:
    if token not in sessions:
        sessions[token] = aiohttp.ClientSession(headers={"Authorization": "Bearer " + token})
    return sessions[token]


async def fetch(url: str, token: str) -> float:
    async with session_of(token).get(url) as response:
        return float(await response.text())
