"""Who wants to know of what happens in the shop."""
listeners = []


def subscribe(listener):
    listeners.append(listener)


def unsubscribe(listener):
    listeners.remove(listener)


def publish(event: str):
    for listener in listeners:
        listener(event)
