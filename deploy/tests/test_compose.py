"""compose.yaml, as far as it can be looked at without Docker."""

import re
import unittest

import compose_spec
import yaml

from support import DEPLOY, TOKEN, check_configuration, documents, milliseconds

VARIABLES = {"REPRISE_SERVER_TOKEN": TOKEN, "REPRISE_METRICS_TOKEN": "a-token-of-prometheus"}


def filled(text):
    """With the variables that compose puts in."""
    return re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: VARIABLES[found.group(1)], text)


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.services = documents("compose.yaml")[0]["services"]
        cls.ours = {name: service for name, service in cls.services.items()
                    if service["image"] == "reprise"}

    def test_it_is_what_the_specification_says(self):
        # Merged, since the tool does not follow one merge into another; and it wants an address where
        # Docker also takes this word.
        text = yaml.safe_dump(documents("compose.yaml")[0]).replace(":host-gateway", ":192.0.2.1")
        compose = compose_spec.PyCompose.from_yaml(text)
        compose.validate()
        self.assertEqual(set(compose.service_names()), set(self.services))

    def test_there_is_a_node_and_there_are_two_workers(self):
        commands = sorted(service["command"][0] for service in self.ours.values())
        self.assertEqual(commands, ["serve", "worker", "worker"])

    def test_what_is_mounted_is_there(self):
        volumes = documents("compose.yaml")[0]["volumes"]
        for name, service in self.services.items():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("."):
                    self.assertTrue((DEPLOY / source).is_file(), f"{name}: {volume}")
                    self.assertTrue(volume.endswith(":ro"), f"{name}: {volume}")
                else:
                    self.assertIn(source, volumes, name)

    def test_nothing_is_open_to_other_machines(self):
        for name, service in self.services.items():
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), f"{name}: {port}")

    def test_our_containers_may_do_little(self):
        for name, service in self.ours.items():
            self.assertTrue(service["read_only"], name)
            self.assertEqual(service["cap_drop"], ["ALL"], name)
            self.assertIn("no-new-privileges:true", service["security_opt"], name)

    def test_the_program_takes_the_settings(self):
        names = set()
        for name, service in self.ours.items():
            mounts = dict(reversed(volume.split(":")[:2]) for volume in service["volumes"])
            path = mounts[service["command"][2]]
            environment = {key: filled(value) for key, value in service["environment"].items()}
            said = check_configuration(path, environment)
            self.assertIn("can be used", said, name)
            self.assertNotIn("warning", said, name)
            settings = documents(path)[0]
            names.add(environment.get("REPRISE_NODE") or settings["node"])
            drain = milliseconds(settings.get("recovery", {}).get("drainTimeout", "10s"))
            self.assertGreater(milliseconds(service["stop_grace_period"]), drain, name)
        self.assertEqual(len(names), len(self.ours), "each process has a name of its own")

    def test_all_share_the_topics(self):
        parts = [documents(f"config/{name}.yaml")[0] for name in ("node", "worker")]
        for key in ("kafka", "topics"):
            self.assertEqual(parts[0][key], parts[1][key])
        self.assertLessEqual(set(parts[0]["kinds"]), set(parts[1]["kinds"]))

    def test_prometheus_asks_every_process(self):
        jobs = documents("monitoring/prometheus.yaml")[0]["scrape_configs"]
        targets = jobs[0]["static_configs"][0]["targets"]
        self.assertEqual(sorted(targets), sorted(f"{name}:7171" for name in self.ours))
        secret = self.services["prometheus"]["secrets"][0]["source"]
        self.assertFalse(self.services["prometheus"].get("read_only"), "it could not get its secret")
        self.assertEqual(jobs[0]["authorization"]["credentials_file"], f"/run/secrets/{secret}")
