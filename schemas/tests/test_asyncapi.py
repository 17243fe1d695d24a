"""The AsyncAPI document is valid, complete in itself, and its examples are what it says."""

import copy
import unittest
import warnings

from asyncapi import Document

with warnings.catch_warnings():
    # Its models have fields whose names pydantic does not like.
    warnings.simplefilter("ignore")
    from asyncapi3 import AsyncAPI3

DOCUMENT = Document()


class AsyncAPI(unittest.TestCase):
    def test_the_document_is_valid(self):
        AsyncAPI3.model_validate(DOCUMENT.root)

    def test_a_misspelt_key_is_noticed(self):
        broken = copy.deepcopy(DOCUMENT.root)
        broken["channels"]["sessions"]["adress"] = "x"
        with self.assertRaises(ValueError):
            AsyncAPI3.model_validate(broken)

    def test_every_reference_leads_somewhere(self):
        DOCUMENT.resolve(DOCUMENT.root)

    def test_a_reference_to_nowhere_is_noticed(self):
        with self.assertRaises(KeyError):
            DOCUMENT.resolve({"$ref": "#/components/schemas/Nowhere"})

    def test_parameters_of_addresses_are_declared(self):
        for name, channel in DOCUMENT.root["channels"].items():
            for parameter in channel["parameters"]:
                self.assertIn(f"{{{parameter}}}", channel["address"], name)

    def test_operations_send_the_messages_of_their_channels_all_of_them(self):
        sent = []
        for name, operation in DOCUMENT.root["operations"].items():
            channel = operation["channel"]["$ref"]
            for message in operation["messages"]:
                self.assertTrue(message["$ref"].startswith(channel + "/messages/"), name)
                sent.append(message["$ref"])
        wanted = [
            f"#/channels/{channel}/messages/{message}"
            for channel, value in DOCUMENT.root["channels"].items() for message in value["messages"]
        ]
        self.assertEqual(sorted(sent), sorted(wanted))

    def test_protobuf_messages_are_in_the_sources(self):
        for name, message in DOCUMENT.root["components"]["messages"].items():
            protobuf = "protobuf" in str(message["payload"])
            self.assertEqual(protobuf, "x-protobuf-message" in message, name)
            if protobuf:
                self.assertIn(message["x-protobuf-message"], DOCUMENT.classes)

    def test_examples_are_what_their_message_says_and_nothing_else(self):
        for channel in DOCUMENT.root["channels"]:
            for name, message in DOCUMENT.channel(channel).items():
                examples = message.get("examples", [])
                self.assertTrue(examples or name == "deadLetterGone", name)
                for example in examples:
                    with self.subTest(f"{name}: {example['name']}"):
                        self.assertEqual(DOCUMENT.example_errors(message, example), [])
                        self.assertEqual(DOCUMENT.matches(channel, example["headers"]), [name])

    def test_examples_that_are_wrong_are_noticed(self):
        message = DOCUMENT.channel("transactions")["outcomeJSON"]
        good = message["examples"][0]
        for spoil in [
            lambda e: e["headers"].pop("ce_id"),
            lambda e: e["headers"].update(ce_time="yesterday"),
            lambda e: e["payload"].pop("outcome"),
            lambda e: e["payload"].update(outcome="maybe"),
        ]:
            bad = copy.deepcopy(good)
            spoil(bad)
            self.assertNotEqual(DOCUMENT.example_errors(message, bad), [])


if __name__ == "__main__":
    unittest.main()
