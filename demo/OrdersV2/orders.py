"""Orders, made up from their numbers, so that the sample needs no database."""
import dataclasses
import random

PRICES_CENTS = {"lamp": 3490, "desk": 18900, "chair": 7950, "shelf": 5200, "rug": 12400}
CUSTOMERS = ("Ada", "Blaise", "Edsger", "Grace", "Kurt")


@dataclasses.dataclass(frozen=True)
class Item:
    product: str
    quantity: int

    @property
    def price_cents(self) -> int:
        return self.quantity * PRICES_CENTS[self.product]


@dataclasses.dataclass(frozen=True)
class Order:
    number: int
    customer: str
    items: tuple[Item, ...]

    @property
    def total_cents(self) -> int:
        return sum(item.price_cents for item in self.items)


def find(number: int) -> Order:
    """The order of that number: the same one every time."""
    chance = random.Random(number)
    products = chance.sample(sorted(PRICES_CENTS), k=3)
    items = tuple(Item(product, chance.randint(1, 4)) for product in products)
    return Order(number, chance.choice(CUSTOMERS), items)
