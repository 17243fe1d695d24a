"""Reads the topics of a prefix to their ends, and holds every message to asyncapi.yaml.

    .venv/bin/python schemas/tests/topics.py BROKERS PREFIX

Prints how often each message was there, as JSON. What is wrong goes to standard error; exit status 1.
"""

import json
import sys

from confluent_kafka import Consumer, TopicPartition

from asyncapi import Document


def read(brokers, topic):
    """Every message of the topic, as of now."""
    consumer = Consumer({
        "bootstrap.servers": brokers, "group.id": "nobody", "enable.auto.commit": False,
        "enable.partition.eof": False,
    })
    try:
        known = consumer.list_topics(topic, timeout=60).topics[topic]
        for number in known.partitions:
            place = TopicPartition(topic, number)
            low, high = consumer.get_watermark_offsets(place, timeout=60)
            if low == high:
                continue
            place.offset = low
            consumer.assign([place])
            offset = low
            while offset < high:
                message = consumer.poll(60)
                if message is None:
                    raise TimeoutError(f"{topic}[{number}] ends at {offset}, not at {high}")
                if message.error():
                    raise RuntimeError(message.error())
                offset = message.offset() + 1
                yield message
    finally:
        consumer.close()


def text(value):
    return None if value is None else value.decode()


def main():
    brokers, prefix = sys.argv[1:]
    document = Document()
    counts, wrong = {}, []
    for channel, description in document.root["channels"].items():
        messages = document.channel(channel)
        topic = description["address"].replace("{prefix}", prefix)
        for message in read(brokers, topic):
            headers = {}
            for name, value in message.headers() or []:
                headers.setdefault(name, text(value))
            names = document.matches(channel, headers)
            where = f"{topic}[{message.partition()}] {message.offset()}"
            if len(names) != 1:
                wrong.append(f"{where}: {headers} belong to {names or 'no message'}")
                continue
            counts[names[0]] = counts.get(names[0], 0) + 1
            errors = document.errors(
                messages[names[0]], text(message.key()), headers, message.value())
            wrong += [f"{where}, {names[0]}: {error}" for error in errors]
    print(json.dumps(counts))
    if wrong:
        sys.exit("\n".join(wrong[:20]))


if __name__ == "__main__":
    main()
