"""What a customer is about to buy."""
import functools


class Basket:
    def __init__(self, items: int):
        self.items = [{"number": number, "cents": 100 + number} for number in range(items)]

    @functools.lru_cache(maxsize=None)
    def total(self) -> int:
        return sum(item["cents"] for item in self.items)
