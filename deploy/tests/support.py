"""What the tests of deploy/ share."""

import os
import pathlib
import subprocess
import sys

import yaml

DEPLOY = pathlib.Path(__file__).resolve().parent.parent
ROOT = DEPLOY.parent
REPRISE = os.environ.get("REPRISE", str(ROOT / ".build/debug/reprise"))
TOKEN = "a-token-of-the-tests-0001"


def tool(name):
    """A program of the virtual environment."""
    return str(pathlib.Path(sys.executable).parent / name)


def run(*command, environment=None, check=True, limit=120):
    """What a program says, on both outputs. Variables of Reprise's do not come through."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("REPRISE_")}
    done = subprocess.run(
        [str(part) for part in command], env=clean | (environment or {}), text=True, timeout=limit,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def documents(path):
    """Those of a YAML file."""
    return [part for part in yaml.safe_load_all((DEPLOY / path).read_text()) if part]


def check_configuration(path, environment):
    """Lets the program read a configuration with these variables. Returns what it says."""
    return run(REPRISE, "config", "check", "--config", DEPLOY / path, environment=environment)


def milliseconds(text):
    """Of 500ms, 20s, 2m, 1h."""
    for unit, length in (("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)):
        if text.endswith(unit) and text[: -len(unit)].isdigit():
            return int(text[: -len(unit)]) * length
    raise ValueError(text)
