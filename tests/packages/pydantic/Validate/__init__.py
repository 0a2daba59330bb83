"""Validates the request's tree of items.

In pydantic 2.5.2 with pydantic-core 2.14.5, a TypeAdapter of a model that refers to itself is never
freed (pydantic issue 8397).
"""

from typing import List

from pydantic import BaseModel, TypeAdapter


class Item(BaseModel):
    name: str
    items: List["Item"]


def main(req) -> str:
    adapter = TypeAdapter(List[Item])
    items = adapter.validate_python([{"name": "a", "items": [{"name": "b", "items": []}]}])
    return items[0].items[0].name
