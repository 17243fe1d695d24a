"""Posts to the handler at URL what nodes and others might send it; prints the status of each.

    posts.py URL
"""

import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

URL = sys.argv[1]
SECRET = Path(os.environ["REPRISE_SIGNING_SECRET_FILE"]).read_text().strip()
# Without records: nothing that the handler could do.
RUN = json.dumps({
    "id": str(uuid.uuid4()), "kind": "user.create", "attempt": 1, "token": "1", "deadlineMs": 1,
    "createdMs": 1, "callback": "http://127.0.0.1:1/v1/sessions/x", "headers": [], "records": [],
}).encode()


def signed(body, secret=SECRET, age=0, target="/recover"):
    timestamp = int(time.time()) - age
    message = f"v1\n{timestamp}\nPOST\n{target}\n".encode() + body
    code = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return {"reprise-timestamp": str(timestamp), "reprise-signature": f"v1={code}"}


def post(name, body, headers):
    request = urllib.request.Request(f"{URL}/recover", body, headers)
    try:
        status = urllib.request.urlopen(request, timeout=60).status
    except urllib.error.HTTPError as error:
        status = error.code
    print(name, status)


post("unsigned", RUN, {})
post("guessed", RUN, signed(RUN, secret="0" * 64))
post("old", RUN, signed(RUN, age=600))
post("changed", RUN + b" ", signed(RUN))
post("elsewhere", RUN, signed(RUN, target="/recover?tenant=7"))
post("unreadable", b"{}", signed(b"{}"))
post("signed", RUN, signed(RUN))
