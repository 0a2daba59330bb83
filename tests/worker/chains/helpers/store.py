"""Another module of the app's, which keeps things."""

ITEMS = []


class Item:
    pass
