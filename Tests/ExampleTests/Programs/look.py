"""Prints what the examples have done, and waits until a session has ended: look.py SESSION"""

import os
import sqlite3
import sys
import time
from pathlib import Path
from uuid import UUID

sys.path.append(str(Path(__file__).resolve().parents[3] / "Examples" / "python"))
import node  # noqa: E402
from reprise_client.api.sessions import get  # noqa: E402


def rows(query):
    return [row[0] for row in sqlite3.connect(os.environ["REPRISE_USERS"]).execute(query)]


print("users", *rows("SELECT nick FROM users ORDER BY nick"))
print("mails", len(rows("SELECT session FROM mails")))
client = node.client(os.environ["REPRISE_URL"])
end = time.monotonic() + 90
while True:
    try:
        found = node.answer(get.sync(UUID(sys.argv[1]), client=client))
    except node.Refused as refused:
        if refused.code != "notFound":
            raise
        print("ended")
        break
    if time.monotonic() > end:
        sys.exit(f"{found} does not end")
    time.sleep(0.05)
