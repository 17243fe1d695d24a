"""Every file is one that its tool takes."""

import re
import unittest

from support import DEPLOY, ROOT, documents, run, tool


class Files(unittest.TestCase):
    def test_the_yaml_has_no_mistakes(self):
        rules = "{extends: default, rules: {line-length: {max: 120}, document-start: disable, " \
            "braces: {max-spaces-inside: 1}, truthy: {check-keys: false}}}"
        run(tool("yamllint"), "--strict", "-d", rules, DEPLOY)

    def test_the_dockerfile_has_no_mistakes(self):
        run(tool("hadolint"), "--no-color", DEPLOY / "Dockerfile")

    def test_what_the_dockerfile_copies_is_there_and_sent(self):
        sent = [line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
                if line.startswith("!")]
        copied = 0
        for line in (DEPLOY / "Dockerfile").read_text().splitlines():
            if not line.startswith("COPY") or "--from" in line:
                continue
            for source in [word for word in line.split()[1:] if not word.startswith("--")][:-1]:
                self.assertTrue((ROOT / source).exists(), source)
                self.assertIn(source, sent)
                copied += 1
        self.assertGreaterEqual(copied, 4)

    def test_the_dockerfile_copies_the_folder_of_every_target(self):
        copied = [line.split()[1] for line in (DEPLOY / "Dockerfile").read_text().splitlines()
                  if line.startswith("COPY") and "--" not in line]
        paths = re.findall(r'path: "([^"]+)"', (ROOT / "Package.swift").read_text())
        # Those of the benchmarks are part of the package only where they are asked for.
        paths = [path for path in paths if not path.startswith("Benchmarks/")]
        self.assertTrue(paths)
        for path in paths:
            self.assertTrue(any(path.startswith(folder + "/") for folder in copied), path)

    def test_the_image_runs_as_nobody_special(self):
        lines = (DEPLOY / "Dockerfile").read_text().splitlines()
        self.assertIn("USER 10001:10001", lines)
        self.assertTrue(any(line.startswith("HEALTHCHECK") for line in lines))

    def test_grafana_finds_what_it_is_to_show(self):
        source = documents("monitoring/grafana/datasource.yaml")[0]["datasources"][0]
        provider = documents("monitoring/grafana/provider.yaml")[0]["providers"][0]
        compose = documents("compose.yaml")[0]["services"]["grafana"]
        folder = provider["options"]["path"]
        mounted = [volume.split(":")[1] for volume in compose["volumes"]]
        self.assertEqual(source["type"], "prometheus")
        self.assertTrue(any(path.startswith(folder + "/") for path in mounted))
        home = compose["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        self.assertIn(home, mounted)
