"""Follows how transactions end, and prints each outcome once, however often it comes.

    REPRISE_BROKERS=localhost:9092 .venv/bin/python Examples/python/outcomes.py

REPRISE_PREFIX is that of the topics, REPRISE_GROUP the consumer group, and REPRISE_LEDGER the file of
what was printed. Ends on SIGTERM or SIGINT. Examples/Sources/OutcomeConsumer does the same in Swift.
"""

import os
import signal
import sqlite3
import sys
import uuid
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError
from google.protobuf.message import DecodeError

import generated_code  # noqa: F401
import reprise_topics
from reprise.v1 import transaction_pb2


@dataclass
class Outcome:
    """What schemas/asyncapi.yaml calls an outcome, whichever form it came in."""

    event: str
    transaction: str
    result: str
    branches: list
    headers: list
    reason: str


READERS = dict(reprise_topics.TRANSACTIONS.values())
RESULTS = {
    transaction_pb2.TRANSACTION_RESULT_COMMITTED: "committed",
    transaction_pb2.TRANSACTION_RESULT_ROLLED_BACK: "rolledBack",
}


def decode(message):
    """Reads a message of the transactions topic. ValueError where it is none."""
    headers = {}
    for name, value in message.headers() or []:
        # The attributes stand before what the transaction's writer added.
        headers.setdefault(name, (value or b"").decode(errors="replace"))
    if headers.get("ce_specversion") != "1.0" or not headers.get("ce_id"):
        raise ValueError("not a CloudEvent in binary mode")
    reader = READERS.get(headers.get("content-type"))
    if reader is None:
        raise ValueError(f"unknown content type {headers.get('content-type')!r}")
    try:
        read = reader(message.value() or b"")
    except DecodeError as error:
        raise ValueError("not an outcome in protobuf") from error
    if isinstance(read, transaction_pb2.TransactionOutcome):
        transaction = str(uuid.UUID(bytes=read.transaction))
        result = RESULTS.get(read.outcome, "unknown")
        pairs = read.headers
    else:
        transaction, result, pairs = str(read.transaction), read.outcome, read.headers.root
    return Outcome(
        headers["ce_id"], transaction, result, list(read.branches),
        [(pair.name, pair.value) for pair in pairs], read.reason or "")


class Ledger:
    """What was done about each event. The id and the effect are one row, so both are there or neither."""

    def __init__(self, path):
        self.database = sqlite3.connect(path)
        self.database.execute("CREATE TABLE IF NOT EXISTS done (id TEXT PRIMARY KEY, effect TEXT)")

    def enter(self, event, effect):
        """False when the event is known."""
        with self.database:
            row = self.database.execute("INSERT OR IGNORE INTO done VALUES (?, ?)", (event, effect))
        return row.rowcount == 1


def line(outcome):
    words = [outcome.result, outcome.transaction, ",".join(outcome.branches)]
    return " ".join(words + [f"{name}={value}" for name, value in outcome.headers])


def main():
    if "REPRISE_BROKERS" not in os.environ:
        sys.exit("Set REPRISE_BROKERS to host:port of one or more brokers, comma separated.")
    running = True

    def stop(*_):
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    ledger = Ledger(os.environ.get("REPRISE_LEDGER", "outcomes.sqlite"))
    consumer = Consumer({
        "bootstrap.servers": os.environ["REPRISE_BROKERS"],
        "group.id": os.environ.get("REPRISE_GROUP", "outcome-example-python"),
        "auto.offset.reset": "earliest",
        # Committed by hand, once the ledger has it.
        "enable.auto.commit": False,
        "partition.assignment.strategy": "range",
        # A topic that is made later is found soon.
        "topic.metadata.refresh.interval.ms": 5000,
    })
    consumer.subscribe([
        reprise_topics.transactions_topic(os.environ.get("REPRISE_PREFIX", "reprise"))])
    try:
        while running:
            message = consumer.poll(0.5)
            if message is None:
                continue
            if message.error():
                print(message.error(), file=sys.stderr)
                if message.error().code() == KafkaError._FATAL:
                    sys.exit(1)
                continue
            try:
                outcome = decode(message)
            except ValueError as error:
                print(f"passed over offset {message.offset()}: {error}", file=sys.stderr)
                continue
            if ledger.enter(outcome.event, line(outcome)):
                print(line(outcome), flush=True)
            consumer.commit(message, asynchronous=True)
    finally:
        consumer.close()


if __name__ == "__main__":
    main()
