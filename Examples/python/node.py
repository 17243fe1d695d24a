"""The client of the HTTP API, out of schemas/openapi.yaml, and what its answers mean."""

import os
import sys
from pathlib import Path

import httpx

import generated_code  # noqa: F401
from reprise_client import AuthenticatedClient, Client
from reprise_client.models import Error


class Refused(Exception):
    """The node has said no; `code` says what to do: schemas/errors/."""

    def __init__(self, error):
        super().__init__(f"{error.error.code}: {error.error.message}")
        self.code = str(error.error.code)


def client(url):
    """REPRISE_TOKEN_FILE holds the token, where the node wants one."""
    timeout = httpx.Timeout(60)
    if path := os.environ.get("REPRISE_TOKEN_FILE"):
        return AuthenticatedClient(url, token=Path(path).read_text().strip(), timeout=timeout)
    return Client(url, timeout=timeout)


def answer(result):
    """What was answered, or Refused."""
    if isinstance(result, Error):
        raise Refused(result)
    return result


def setting(name):
    if name not in os.environ:
        sys.exit(f"Set {name}; README.md says to what.")
    return os.environ[name]
