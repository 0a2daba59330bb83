"""From the text or bytes that a trigger is run with to what its handler gets.

A real host would have fetched a message, a blob or an event, together with data about it. Here the
payload stands for its content, and the data about it is made up the way the services write it, so
that the converters of azure.functions find what they look for."""

import datetime
import json
import types
import uuid

from azure.functions.meta import Datum

from . import converters

DAY = datetime.timedelta(days=1)
TIMER = '{"IsPastDue": false, "Schedule": {"AdjustForDST": true}, "ScheduleStatus": null}'


def now(offset=datetime.timedelta()):
    moment = datetime.datetime.now(datetime.timezone.utc) + offset
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text):
    """The value of JSON text, None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def items(text):
    """The texts of a batch: the members of a JSON array, or the one that there is."""
    value = parse(text)
    if not isinstance(value, list):
        return [text]
    return [item if isinstance(item, str) else json.dumps(item) for item in value]


def datum(value):
    return Datum(value, "string") if isinstance(value, str) else Datum(json.dumps(value), "json")


def metadata(**values):
    return {name: datum(value) for name, value in values.items()}


def arrays(count, **values):
    """The data about `count` messages of a batch, which are alike."""
    return {name + "Array": datum([value] * count) for name, value in values.items()}


def is_batch(binding):
    return str(binding.get("cardinality", "")).lower() == "many"


def collection(texts, binding):
    """A batch's contents."""
    if wants_bytes(binding):
        values = types.SimpleNamespace(bytes=[text.encode() for text in texts])
        return Datum(values, "collection_bytes")
    return Datum(types.SimpleNamespace(string=texts), "collection_string")


def wants_bytes(binding):
    return str(binding.get("dataType", "")).lower() in ("binary", "stream")


def single(text, body, binding):
    return Datum(body, "bytes") if wants_bytes(binding) else Datum(text, "string")


def timer(text, body, binding):
    return Datum(text if parse(text) is not None else TIMER, "json"), {}


def queue(text, body, binding):
    return single(text, body, binding), metadata(
        Id=str(uuid.uuid4()), DequeueCount=1, InsertionTime=now(), ExpirationTime=now(7 * DAY),
        NextVisibleTime=now(), PopReceipt=uuid.uuid4().hex, QueueTrigger=text)


def blob(text, body, binding):
    path = str(binding.get("path", ""))
    wants_text = str(binding.get("dataType", "")).lower() == "string"
    return Datum(text, "string") if wants_text else Datum(body, "bytes"), metadata(
        BlobTrigger=path, Uri="http://127.0.0.1:10000/devstoreaccount1/" + path, Metadata={},
        Properties={"ContentLength": len(body), "Length": len(body), "LastModified": now()})


def event_hub(text, body, binding):
    about = {"EnqueuedTimeUtc": now(), "PartitionKey": "", "SequenceNumber": 1, "Offset": "0"}
    if not is_batch(binding):
        return single(text, body, binding), metadata(SystemProperties=about, Properties={}, **about)
    texts = items(text)
    data = arrays(len(texts), Properties={})
    data["SystemPropertiesArray"] = datum(
        [{**about, "SequenceNumber": number} for number in range(1, len(texts) + 1)])
    return collection(texts, binding), data


def service_bus(text, body, binding):
    about = {"MessageId": uuid.uuid4().hex, "DeliveryCount": 1, "SequenceNumber": 1,
             "ContentType": "text/plain", "EnqueuedTimeUtc": now(), "ExpiresAtUtc": now(14 * DAY),
             "LockToken": str(uuid.uuid4()), "UserProperties": {}, "ApplicationProperties": {}}
    if not is_batch(binding):
        return single(text, body, binding), metadata(**about)
    texts = items(text)
    return collection(texts, binding), arrays(len(texts), **about)


def kafka(text, body, binding):
    about = {"Timestamp": now(), "Key": "", "Partition": 0, "Topic": str(binding.get("topic", "")),
             "Headers": []}
    if not is_batch(binding):
        return single(text, body, binding), metadata(Offset=0, **about)
    texts = items(text)
    data = arrays(len(texts), **about)
    data["TopicArray"] = Datum(types.SimpleNamespace(string=[about["Topic"]] * len(texts)),
                               "collection_string")
    data["OffsetArray"] = Datum(types.SimpleNamespace(sint64=list(range(len(texts)))),
                                "collection_sint64")
    return collection(texts, binding), data


def documents(text, body, binding):
    return Datum(text if parse(text) is not None else "[]", "json"), {}


def other(text, body, binding):
    if wants_bytes(binding):
        return Datum(body, "bytes"), {}
    return Datum(text, "string" if parse(text) is None else "json"), {}


SHAPES = {"timertrigger": timer, "queuetrigger": queue, "blobtrigger": blob,
          "eventhubtrigger": event_hub, "servicebustrigger": service_bus, "kafkatrigger": kafka,
          "cosmosdbtrigger": documents, "sqltrigger": documents, "mysqltrigger": documents}


def decode(binding, annotation, body):
    """What a handler gets of a trigger that is run with the payload `body`."""
    kind = str(binding.get("type", ""))
    converter = converters.chosen(binding, annotation)
    text = body.decode("utf-8", "replace")
    data, about = SHAPES.get(kind.lower(), other)(text, body, binding)
    if annotation is bytes and converter is converters.Generic:
        return body
    if annotation is str and converter is converters.Generic:
        return text
    # Not every release takes every form of data for a trigger, so the other ones are tried, too.
    for candidate in (data, Datum(text, "json"), Datum(text, "string"), Datum(body, "bytes")):
        if candidate is not data and candidate.type == data.type:
            continue
        if candidate.type == "json" and parse(text) is None and candidate is not data:
            continue
        try:
            return converter.decode(candidate, trigger_metadata=about)
        except NotImplementedError:
            pass
    raise TypeError("the payload is not what the {} takes: {}".format(
        kind, "give it as JSON" if parse(text) is None else "see the type of its parameter"))
