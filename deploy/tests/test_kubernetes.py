"""The manifests, as far as they can be looked at without a cluster."""

import re
import unittest

import kubernetes_validate

from support import DEPLOY, TOKEN, check_configuration, documents, milliseconds

FOLDER = "kubernetes/"
VERSIONS = ["1.30", "1.34"]


def resources():
    listed = documents(FOLDER + "kustomization.yaml")[0]["resources"]
    return [part for name in listed for part in documents(FOLDER + name)]


def one(kind, name):
    found = [part for part in resources()
             if part["kind"] == kind and part["metadata"]["name"] == name]
    assert len(found) == 1, f"{kind} {name}"
    return found[0]


class Kubernetes(unittest.TestCase):
    def test_every_manifest_fits_its_schema(self):
        count = 0
        for part in resources():
            for version in VERSIONS:
                kubernetes_validate.validate(part, version, strict=True)
                count += 1
        self.assertGreaterEqual(count, 16)

    def test_every_manifest_is_listed(self):
        listed = documents(FOLDER + "kustomization.yaml")[0]["resources"] + ["kustomization.yaml"]
        there = [path.name for path in (DEPLOY / FOLDER).glob("*.yaml")]
        self.assertEqual(sorted(listed), sorted(there))

    def test_the_parts_of_a_role_belong_together(self):
        for role in ("node", "worker"):
            name = f"reprise-{role}"
            pods = one("StatefulSet", name)["spec"]
            labels = pods["template"]["metadata"]["labels"]
            self.assertEqual(pods["selector"]["matchLabels"], labels)
            self.assertEqual(pods["serviceName"], name)
            service = one("Service", name)["spec"]
            self.assertEqual(service["selector"], labels)
            budget = one("PodDisruptionBudget", name)["spec"]
            self.assertEqual(budget["selector"]["matchLabels"], labels)
            ports = pods["template"]["spec"]["containers"][0]["ports"]
            self.assertEqual({port["name"] for port in ports},
                             {port["targetPort"] for port in service["ports"]})

    def test_our_pods_may_do_little(self):
        for role in ("node", "worker"):
            pod = one("StatefulSet", f"reprise-{role}")["spec"]["template"]["spec"]
            self.assertFalse(pod["automountServiceAccountToken"])
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            self.assertEqual(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault")
            container = pod["containers"][0]["securityContext"]
            self.assertTrue(container["readOnlyRootFilesystem"])
            self.assertFalse(container["allowPrivilegeEscalation"])
            self.assertEqual(container["capabilities"]["drop"], ["ALL"])

    def test_variables_of_services_are_no_settings(self):
        """Kubernetes would set REPRISE_NODE_PORT and the like, which look like settings."""
        for role in ("node", "worker"):
            pod = one("StatefulSet", f"reprise-{role}")["spec"]["template"]["spec"]
            self.assertFalse(pod["enableServiceLinks"])
        said = check_configuration("config/node.yaml", {
            "REPRISE_SERVER_TOKEN": TOKEN, "REPRISE_NODE_PORT": "tcp://10.0.0.1:7171"})
        self.assertIn("warning: The environment variable REPRISE_NODE_PORT", said)

    def test_what_is_mounted_is_given(self):
        maps = {part["name"]: part["files"] for part
                in documents(FOLDER + "kustomization.yaml")[0]["configMapGenerator"]}
        for role in ("node", "worker"):
            pods = one("StatefulSet", f"reprise-{role}")["spec"]
            pod = pods["template"]["spec"]
            given = {part["name"] for part in pod["volumes"]}
            given |= {part["metadata"]["name"] for part in pods["volumeClaimTemplates"]}
            mounts = {part["name"]: part["mountPath"] for part
                      in pod["containers"][0]["volumeMounts"]}
            self.assertEqual(set(mounts), given)
            config = [part for part in pod["volumes"] if part["name"] == "config"][0]
            files = maps[config["configMap"]["name"]]
            path = pod["containers"][0]["args"][2]
            self.assertEqual(path, f"{mounts['config']}/{files[0].split('/')[-1]}")
            self.assertTrue((DEPLOY / FOLDER / files[0]).is_file())

    def test_the_program_takes_the_settings_and_has_the_time_to_end(self):
        for role in ("node", "worker"):
            pod = one("StatefulSet", f"reprise-{role}")["spec"]["template"]["spec"]
            container = pod["containers"][0]
            self.assertEqual(container["args"][0], {"node": "serve"}.get(role, role))
            values = {"POD_NAME": f"reprise-{role}-0"}
            for variable in container["env"]:
                value = variable.get("value", f"reprise-{role}-0")
                value = re.sub(r"\$\((\w+)\)", lambda found: values[found.group(1)], value)
                values[variable["name"]] = value
            # The files are a secret's; what they hold comes from variables here.
            del values["REPRISE_SERVER_TOKEN_FILE"], values["REPRISE_SERVER_TOKENS_FILE"]
            values["REPRISE_SERVER_TOKEN"] = TOKEN
            values["REPRISE_SERVER_TOKENS"] = "prometheus read a-token-of-prometheus"
            path = f"{FOLDER}config/{role}.yaml"
            said = check_configuration(path, values)
            self.assertIn("can be used", said)
            self.assertNotIn("warning", said)
            drain = documents(path)[0].get("recovery", {}).get("drainTimeout", "10s")
            pause = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
            self.assertGreater(pod["terminationGracePeriodSeconds"] * 1_000,
                               milliseconds(drain) + pause * 1_000)
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                self.assertIn(container[probe]["httpGet"]["path"], ("/health/live", "/health/ready"))

    def test_all_share_the_topics(self):
        parts = [documents(f"{FOLDER}config/{role}.yaml")[0] for role in ("node", "worker")]
        for key in ("kafka", "topics"):
            self.assertEqual(parts[0][key], parts[1][key])
        self.assertLessEqual(set(parts[0]["kinds"]), set(parts[1]["kinds"]))
