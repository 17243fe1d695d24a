"""Signs users up: stores each, then sends a mail. A session stands around both, so that the mail is
sent even if this process dies in between.

    REPRISE_URL=http://127.0.0.1:7171 .venv/bin/python Examples/python/sign_up.py NICK...
    REPRISE_URL=http://127.0.0.1:7171 .venv/bin/python Examples/python/sign_up.py --die NICK

With --die it kills itself in between; handler.py finishes the work once the lease is over.
REPRISE_USERS is the file of the users, the same as the handler's.
"""

import os
import signal
import sys

import node
from reprise_client.api.sessions import append, complete, open_
from reprise_client.models import Complete, Open, Write
from users import Users

KIND = "user.create"


def sign_up(client, users, nick, dies):
    opening = Open(kind=KIND, record_json={"nick": nick})
    if dies:
        opening.lease_ms = 1_000  # Nobody wants to wait for the usual one.
    session = node.answer(open_.sync(client=client, body=opening))
    users.store(session.id, nick)
    if dies:
        print(f"dies {nick} {session.id}", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    # Tells a handler that the first step is done, and renews the lease.
    node.answer(append.sync(session.id, client=client, body=Write(record_json={"stored": True})))
    users.send_mail(session.id)
    node.answer(complete.sync(session.id, client=client, body=Complete()))
    print(f"signed up {nick} {session.id}", flush=True)


def main():
    nicks = sys.argv[1:]
    dies = "--die" in nicks
    nicks = [nick for nick in nicks if nick != "--die"]
    if not nicks:
        sys.exit(__doc__)
    users = Users(os.environ.get("REPRISE_USERS", "users.sqlite"))
    with node.client(node.setting("REPRISE_URL")) as client:
        for nick in nicks:
            sign_up(client, users, nick, dies)
    users.close()


if __name__ == "__main__":
    main()
