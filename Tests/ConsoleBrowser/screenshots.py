"""Pictures of the pages for the documents, of sessions as they might be."""

import json
import os
import random
import shutil
import subprocess
import time

import answers


def take_screenshots(world, folder):
    os.makedirs(folder, exist_ok=True)
    fill(world.node)
    transactions = answers.Transactions(int(time.time() * 1_000))
    stand_ins = transactions.answers
    letter = world.exhausted[0]
    pages = [
        ("overview", "", "Lag of due work"), ("sessions", "sessions", "Attempts"),
        ("session", f"sessions/{world.failed}", "Headers"), ("dead-letters", "dead-letters", "on this page"),
        ("dead-letter", f"dead-letters/{letter}", "Headers"), ("kinds", "kinds", "Places"),
        ("transactions", "transactions", "on this page"),
        ("transaction", f"transactions/{transactions.in_doubt}", "Trouble"),
    ]
    page = world.enter(stand_ins=stand_ins, width=1120, height=760)
    for name, at, text in pages:
        shot(page, folder, name, at, text)
    status = world.node.call("GET", "status") | {"role": "worker", "node": "worker-1"}
    page = world.enter(stand_ins=stand_ins | {"GET v1/status": (200, status)}, width=1120, height=760)
    shot(page, folder, "partitions", "partitions", "Next offset")
    page = world.enter("dead-letters", stand_ins, width=1120, height=760)
    page.click("Choose all on this page", role="input")
    page.click("Requeue 4 chosen")
    page.sees("a second", within="document.querySelector('dialog')")
    save(page, folder, "requeue", 760)
    shot(world.enter(stand_ins=stand_ins, width=1120, height=760, dark=True), folder, "overview-dark", "", "Lag of due work")
    shot(world.enter(stand_ins=stand_ins, width=390, height=844, phone=True), folder, "sessions-phone", "sessions?phase=parked", "Attempts", 844)
    return 0


def shot(page, folder, name, at, text, height=1_000):
    page.run(f"location.hash = '#/{at}'")
    page.sees(text)
    page.run("new Promise((done) => setTimeout(done, 300))")
    save(page, folder, name, height)


def save(page, folder, name, height=1_000):
    path = os.path.join(folder, f"{name}.png")
    page.picture(path, height)
    # A third of the size, for those who have it.
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--strip", "--speed", "1", "--output", path, "64", path], check=True)


def fill(node):
    """Work for half a minute, for the charts."""
    dice = random.Random(7)
    end = time.monotonic() + 45
    for number in range(12):
        node.open("user.create", json.dumps({"nick": f"user{number}"}).encode(), close_after=dice.randrange(60, 7_200) * 1_000)
    while time.monotonic() < end:
        some = [node.open("user.create", b"{}") for _ in range(dice.randrange(2, 12))]
        node.call("POST", "batch", {"operations": [{"operation": "complete", "id": each} for each in some[1:]]})
        node.call("POST", f"sessions/{some[0]}/close", {"afterMs": dice.randrange(5, 900) * 1_000})
        time.sleep(dice.random() * 0.3)
