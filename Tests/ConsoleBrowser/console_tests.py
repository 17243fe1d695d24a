"""The console in a real browser, on a real node.

    python3 Tests/ConsoleBrowser/console_tests.py PROGRAM [--screenshots FOLDER]
"""

import argparse
import json
import os
import sys
import time
import traceback

from browser import Browser
from node import Handlers, HOUR_MS, Node, PATIENCE, TOKEN
from screenshots import take_screenshots
import answers

HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "<a href=\"javascript:document.title='owned'\">here</a>\u202e\u0007"[:-1]
)
PAGES = {
    "": "Since the log began", "sessions": "Attempts", "dead-letters": "Reason", "kinds": "Places",
    "transactions": "Resources", "partitions": "Next offset",
}


class World:
    """What every test looks at: sessions in every state, made once."""

    def __init__(self, program):
        self.handlers = Handlers()
        self.node = Node(program, self.handlers)
        self.browser = Browser()
        self.console = f"{self.node.url}/console/"
        node = self.node
        self.open = node.open(
            "user.create", json.dumps({"nick": "ada", "plan": "basic", "big": 9007199254740993}).encode().replace(b" ", b""),
            b"user 4711", bytes(range(64)), headers=[("tenant", "acme")])
        self.hostile = node.open("user.create", HOSTILE.encode(), headers=[("tenant", HOSTILE)])
        self.waiting = node.open("user.create", b"{}", close_after=2 * HOUR_MS)
        self.parked = node.open("order.ship", b'{"street":"Main Street"}', b"order 1", close_after=0)
        self.exhausted = [node.open(
            "stock.count", b'{"shelf":"%d","article":"4711","count":12}' % shelf, b"counted by scanner 3",
            close_after=0, headers=[("tenant", "acme")]) for shelf in range(3)]
        self.running = node.open("invoice.send", b"invoice 1", close_after=0)
        self.failed = node.open(
            "mail.send", b'{"to":"ada@example.org","template":"welcome"}', b"queued as 9f3a", bytes(range(48)),
            close_after=0, headers=[("tenant", "acme")])
        for phase, sessions in {
            "waiting": [self.waiting], "running": [self.running], "parked": [self.parked, *self.exhausted],
        }.items():
            for session in sessions:
                node.wait_for(phase, session)
        end = time.monotonic() + PATIENCE
        while not node.call("GET", f"sessions/{self.failed}")["history"]:
            assert time.monotonic() < end, "the handler of mail.send was not asked"
            time.sleep(0.05)

        self.lacks = []
        for each in ["transactions"]:
            try:
                node.call("GET", each)
            except AssertionError:
                self.lacks.append(each)

    def enter(self, at="", stand_ins=None, **options):
        """A page with the token given, at this address. What a node without Kafka and without a
        library's transactions cannot have is put in its place: see answers.py."""
        page = self.browser.open(**options)
        page.answers |= answers.Transactions().answers | answers.PARTITIONS | (stand_ins or {})
        page.go(self.console + "#/" + at)
        page.sees("This node asks for a token")
        page.fill("Token", TOKEN)
        page.key("Enter")
        page.sees_not("This node asks for a token")
        page.until("document.querySelectorAll('nav.nav a').length > 2", "there is no navigation")
        page.troubles.clear()
        return page

    def check(self, page, expected=()):
        """Nothing that a page must not do was done."""
        for request in page.requests:
            assert request["url"].startswith((self.node.url, "data:")), f"a request left: {request['url']}"
            assert TOKEN not in request["url"], "the token is in an address"
        troubles = [each for each in page.troubles if not any(word in each for word in (*expected, *self.lacks))]
        assert not troubles, "\n".join(troubles)
        assert TOKEN not in page.run("location.href"), "the token is in the address"

    def close(self):
        self.browser.close()
        self.handlers.close()
        self.node.close()


# Who may look.


def asks_for_the_token_and_says_why_not(world):
    page = world.browser.open()
    page.go(world.console)
    page.sees("This node asks for a token")
    assert page.run("document.activeElement.type") == "password"
    page.fill("Token", "not-the-token-of-this-node")
    page.key("Enter")
    page.sees("unauthorized", within="document.querySelector('[role=alert]')")
    page.fill("Token", TOKEN)
    page.key("Enter")
    page.sees("Overview", "node-1", "ready")
    assert page.run("sessionStorage.length + localStorage.length") == 0
    page.go(world.console + "?again")
    page.sees("This node asks for a token")
    page.fill("Token", TOKEN)
    page.click("Keep it in this tab", role="label")
    page.click("Show me")
    page.sees("Overview", "ready")
    page.go(world.console + "?once-more")
    page.sees("Overview", "ready")
    page.click("Forget token")
    page.sees("This node asks for a token")
    assert page.run("sessionStorage.length") == 0
    world.check(page, expected=["401"])


# What is shown.


def shows_what_there_is_and_what_needs_somebody(world):
    page = world.enter()
    page.sees("Sessions per second", "Unfinished sessions", "Lag of due work", "parked and wait for somebody")
    page.until("document.querySelectorAll('.chart path').length >= 8", "no lines are drawn")
    page.run("document.querySelector('.chart svg').focus()")
    page.key("ArrowLeft")
    reading = "[...document.querySelectorAll('.chart .keys li')].some((each) => each.textContent.startsWith('at '))"
    page.until(reading, "no single value is read")
    page.key("Escape")
    page.until(f"!({reading})")
    page.click("Parked", role="a.tile")
    page.until("location.hash === '#/sessions?phase=parked'")
    page.sees(world.parked)
    world.check(page)


def keeps_up_without_being_loaded_again(world):
    page = world.enter("sessions?kind=late.comer")
    page.sees("No session is like that")
    page.run("document.body.dataset.mine = 'here'")
    page.fill("Id", "half an id")
    session = world.node.open("user.create", b"late")
    page.run("location.hash = '#/sessions?kind=user.create&phase=open'")
    page.sees(session)
    page.run("document.querySelector('td a').focus()")
    first = page.run("document.activeElement.textContent")
    later = world.node.open("user.create", b"later")
    page.sees(later)
    assert page.run("document.activeElement.textContent") == first, "the focus was lost"
    assert page.run("document.body.dataset.mine") == "here", "the page was loaded again"
    for each in (session, later):
        world.node.call("POST", f"sessions/{each}/complete", {})
    page.sees_not(session, later)
    world.check(page)


def finds_sessions(world):
    page = world.enter("sessions")
    page.sees(world.open, world.parked, world.running)
    page.click("parked", role="a.tab")
    page.sees(world.parked)
    page.sees_not(world.open)
    page.click("Clear")
    page.sees(world.open)
    page.fill("Kind", "mail.send")
    page.key("Enter")
    page.sees(world.failed)
    page.sees_not(world.open, world.parked)
    page.click("Clear")
    page.until("document.querySelector('input[name=kind]').value === ''")
    page.fill("Id", world.waiting[:30])
    page.click("Search")
    page.sees_not(world.open)
    page.sees(world.waiting)
    due = world.node.call("GET", f"sessions/{world.waiting}")["dueMs"]
    page.run(f"location.hash = '#/sessions?dueFromMs={due - 1000}&dueToMs={due + 1000}'")
    page.sees_not(world.open, world.running)
    page.sees(world.waiting)
    assert page.run("document.querySelector('input[name=dueFromMs]').value").startswith("20")
    page.click("Search")
    page.sees(world.waiting)
    page.run("location.hash = '#/sessions?olderThanMs=86400000'")
    page.sees("No session is like that")
    page.run("location.hash = '#/sessions?id=zzz'")
    page.sees("invalidRequest")
    world.check(page, expected=["400"])


def pages_long_lists(world):
    many = [world.node.open("user.create", close_after=HOUR_MS) for _ in range(60)]
    page = world.enter("sessions?phase=waiting&kind=user.create")
    page.sees("50 sessions on this page")
    page.click("Next page")
    page.sees("11 sessions on this page", many[-1])
    page.click("First page")
    page.sees("50 sessions on this page")
    world.check(page)
    operations = [{"operation": "cancel", "id": each} for each in many]
    world.node.call("POST", "batch", {"operations": operations})


def shows_a_session(world):
    page = world.enter(f"sessions/{world.open}")
    page.sees('"nick": "ada"', "9007199254740993", "user 4711", "tenant", "acme", "why it is here", "what happens next")
    record = "document.querySelectorAll('.record')[0]"
    page.click("Hex", within=record)
    page.sees("000000  7b 22 6e 69 63 6b 22", within=record)
    page.click("Text", within=record)
    page.sees('{"nick":"ada"', within=record)
    page.sees("|000030  30 31 32 33".strip("|"), within="document.querySelectorAll('.record')[2]")
    page.run(f"location.hash = '#/sessions/{world.exhausted[0]}'")
    page.sees("attemptsExhausted", "Attempt 1", "Attempt 2", "Attempt 3", "requeues or cancels")
    page.run(f"location.hash = '#/sessions/{world.running}'")
    page.sees("Attempt 1", "running", "Token of the run")
    page.run("location.hash = '#/sessions/00000000-0000-7000-8000-000000000001'")
    page.sees("notFound")
    world.check(page, expected=["404"])


def is_not_harmed_by_what_is_hostile(world):
    page = world.enter(f"sessions/{world.hostile}")
    page.sees("<script>document.title='owned'</script>", "<img src=x", "javascript:")
    page.run(f"location.hash = '#/sessions/{world.parked}'")
    page.sees("<b onmouseover=alert(1)>Main Street</b>")
    assert page.run("document.querySelectorAll('main script, main img, main b, main a[href^=javascript]').length") == 0
    assert "owned" not in page.run("document.title")
    page.run("location.hash = '#/sessions?kind=' + encodeURIComponent('<img src=x onerror=alert(1)>')")
    page.sees("invalidRequest")
    page.run("location.hash = '#/<img src=x>/' + encodeURIComponent('../../health/live')")
    page.sees("There is no such page")
    page.run("location.hash = '#/sessions/' + encodeURIComponent('../kinds')")
    page.sees("invalidRequest")
    world.check(page, expected=["400"])


# What is done.


def asks_before_it_acts_and_shows_refusals(world):
    page = world.enter(f"sessions/{world.waiting}")
    page.click("Park")
    page.sees("Park this session?", within="document.querySelector('dialog')")
    page.fill("Reason", "Looks wrong", within="document.querySelector('dialog')")
    page.fill("Token", "some-other-token-of-someone", within="document.querySelector('dialog')")
    page.key("Enter")
    page.sees("unauthorized", within="document.querySelector('dialog [role=alert]')")
    assert world.node.call("GET", f"sessions/{world.waiting}")["phase"] == "waiting"
    page.fill("Token", TOKEN, within="document.querySelector('dialog')")
    page.key("Enter")
    page.until("!document.querySelector('dialog')", "the dialog stays")
    page.sees("Looks wrong", "parked")
    page.click("Requeue")
    page.fill("Due after", "7200", within="document.querySelector('dialog')")
    page.click("Requeue", within="document.querySelector('dialog')")
    page.sees("waiting", "in 1 h 59 min")
    page.click("Cancel")
    page.click("Leave it", within="document.querySelector('dialog')")
    page.until("!document.querySelector('dialog')")
    assert world.node.wait_for("waiting", world.waiting)
    world.check(page, expected=["401"])


def mends_a_dead_letter(world):
    page = world.enter("dead-letters?kind=order.ship")
    page.sees(world.parked, "handlerRefused")
    page.click(world.parked)
    page.sees("Main Street", "Why it is here")
    page.click("Edit records")
    page.until("document.activeElement.tagName === 'TEXTAREA'", "the editor has no focus")
    page.run("document.activeElement.select()")
    page.write("{not JSON")
    page.click("Requeue as edited")
    page.click("Requeue", within="document.querySelector('dialog')")
    page.sees("was JSON and is none any more", within="document.querySelector('dialog')")
    page.key("Escape")
    page.run("document.querySelector('textarea').focus(); document.querySelector('textarea').select()")
    page.write('{"street":"Main Street 1","mended":true}')
    page.click("Requeue as edited")
    page.click("Requeue", within="document.querySelector('dialog')")
    page.until("!document.querySelector('dialog')", "the dialog stays")
    world.node.wait_until_gone(world.parked)
    run = [each for each in world.handlers.runs if each["id"] == world.parked][-1]
    assert answers.texts(run) == ['{"street":"Main Street 1","mended":true}', "order 1"], run
    world.check(page, expected=["404"])


def requeues_many(world):
    page = world.enter("dead-letters?kind=stock.count")
    page.sees(*world.exhausted)
    before = len(world.handlers.runs)
    dialog = "document.querySelector('dialog')"
    page.click("Choose all on this page", role="input")
    page.click("Requeue 3 chosen")
    page.fill("At most so many a second", "100", within=dialog)
    page.click("Requeue", within=dialog)
    page.sees("3 requeued.")
    page.click("Close")
    wait_until_given_up(world, before + 9)
    page.click("Requeue all of these")
    page.fill("At most so many a second", "0", within=dialog)
    page.click("Requeue", within=dialog)
    assert page.run("document.querySelector('dialog input').validity.valid") is False
    page.fill("At most so many a second", "2", within=dialog)
    page.fill("Spread each over", "0.5", within=dialog)
    page.click("Requeue", within=dialog)
    page.sees("3 requeued.")
    wait_until_given_up(world, before + 18)
    world.check(page)


def wait_until_given_up(world, runs):
    """Until there were so many runs, and the sessions of stock.count are parked again."""
    end = time.monotonic() + PATIENCE
    while len(world.handlers.runs) < runs:
        assert time.monotonic() < end, f"{len(world.handlers.runs)} runs, not {runs}"
        time.sleep(0.05)
    for each in world.exhausted:
        world.node.wait_for("parked", each)


def drops_a_dead_letter(world):
    session = world.node.open("order.ship", b"nowhere", close_after=0)
    world.node.wait_for("parked", session)
    page = world.enter(f"dead-letters/{session}")
    page.click("Cancel")
    page.click("Cancel the dead letter", within="document.querySelector('dialog')")
    page.until("location.hash === '#/dead-letters'", "the list does not come back")
    world.node.wait_until_gone(session)
    page.sees_not(session)
    world.check(page, expected=["404"])


def pauses_and_resumes_a_kind(world):
    page = world.enter("kinds")
    card = "document.querySelector('[aria-label=\"Kind mail.send\"]')"
    page.click("Pause", within=card)
    page.fill("Reason", "The mail server moves", within="document.querySelector('dialog')")
    page.key("Enter")
    page.sees("paused", "The mail server moves", within=card)
    page.click("Overview", role="nav a")
    page.sees("The kind mail.send is paused")
    page.click("Kinds", within="document.querySelector('main')")
    page.click("Resume", within=card)
    page.click("Resume", within="document.querySelector('dialog')")
    page.sees("handed out", within=card)
    page.sees_not("paused", within=card)
    world.check(page)


def settles_transactions(world):
    state = answers.Transactions()
    page = world.enter("transactions", state.answers)
    page.sees("heuristic", "in doubt", "pending", "working", "ledger")
    assert page.run("document.querySelector('tbody .pill').textContent") == "heuristic"
    page.click(state.in_doubt)
    page.sees("cannot be asked", "resourceFailed")
    page.click("Resolve")
    dialog = "document.querySelector('dialog')"
    page.run("document.querySelector('dialog select').value = 'committed'")
    page.fill("Reason", "The bank says so", within=dialog)
    page.click("Resolve", within=dialog)
    page.until("!document.querySelector('dialog')")
    assert state.resolved == {"outcome": "committed", "reason": "The bank says so"}, state.resolved
    page.run(f"location.hash = '#/transactions/{state.heuristic}'")
    page.sees("not every branch did as decided")
    page.click("Forget…")
    page.click("Forget", within=dialog)
    page.sees("transactionHeuristic", "still holds a branch", within=dialog)
    page.click("Do not ask the resources", within=dialog, role="label")
    page.click("Forget", within=dialog)
    page.until("location.hash === '#/transactions'")
    assert state.forgotten == {"unchecked": True}, state.forgotten
    world.check(page, expected=["409"])


def hides_what_is_not_there(world):
    page = world.browser.open()
    lists = ["dead-letters", "kinds", "transactions", "partitions", "history"]
    page.answers |= {f"GET v1/{each}": answers.MISSING for each in lists}
    page.go(world.console)
    page.fill("Token", TOKEN)
    page.key("Enter")
    page.sees("Since the log began")
    assert page.run("[...document.querySelectorAll('.nav a')].map((each) => each.textContent)") == ["Overview", "Sessions"]
    assert page.run("document.querySelectorAll('.chart').length") == 0
    page.run("location.hash = '#/kinds'")
    page.sees("Not offered here")
    world.check(page, expected=["401", "404"])


# How it is used.


def works_with_the_keyboard_alone(world):
    page = world.browser.open()
    page.go(world.console)
    page.sees("This node asks for a token")
    page.write(TOKEN)
    page.key("Tab")
    page.key(" ")
    page.key("Tab")
    page.key("Enter")
    page.sees("Since the log began")
    page.go(world.console + "?anew")
    page.until("location.search === '?anew' && document.body.innerText.includes('Since the log began')")
    page.key("Tab")
    assert page.run("document.activeElement.id") == "skip", page.run("document.activeElement.outerHTML")
    assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert page.run("document.activeElement.getBoundingClientRect().top") >= 0
    page.key("Enter")
    assert page.run("document.activeElement.id") == "main"
    walk(page, "Sessions", shift=True)
    page.key("Enter")
    page.sees("Attempts")
    assert page.run("document.activeElement.tagName") == "H1", "the focus is not at the page's beginning"
    walk(page, world.open)
    page.key("Enter")
    page.sees("Why it is here")
    walk(page, "Cancel")
    page.key("Enter")
    page.sees("Cancel this session?")
    assert page.run("document.activeElement.closest('dialog') !== null"), "the focus is not in the dialog"
    for _ in range(12):
        page.key("Tab")
        assert page.run("document.activeElement === document.body || document.activeElement.closest('dialog') !== null")
    page.key("Escape")
    page.until("!document.querySelector('dialog')")
    page.until("document.activeElement.textContent.startsWith('Cancel')", "the focus did not come back")
    world.check(page, expected=["401"])


def walk(page, name, shift=False):
    """Presses Tab until what has the focus is named so. What has it is always to be seen."""
    for _ in range(90):
        page.key("Tab", shift)
        text, outline = page.run(
            "[document.activeElement.textContent.trim(), getComputedStyle(document.activeElement).outlineStyle]")
        assert outline in ("solid", "auto") or page.run("document.activeElement === document.body"), text
        if text.startswith(name):
            return
    raise AssertionError(f"{name!r} is not reached with Tab")


def fits_a_phone(world):
    page = world.enter(width=360, height=740, phone=True)
    for at, text in {**PAGES, f"sessions/{world.open}": "Records", f"sessions/{world.hostile}": "Records",
                     f"dead-letters/{world.exhausted[0]}": "Records"}.items():
        page.run(f"location.hash = '#/{at}'")
        page.sees(text)
        wide = page.run("document.documentElement.scrollWidth")
        assert wide <= 360, f"{at or 'overview'} is {wide} wide"
        small = page.run(
            "[...document.querySelectorAll('main .button:not(.quiet), .nav a')].filter((each) => each.clientHeight < 36).length")
        assert small == 0, f"{small} buttons of {at} are too small to touch"
    page.click("Requeue", within="document.querySelector('.head .actions')")
    page.until("document.querySelector('dialog').getBoundingClientRect().right <= 360")
    world.check(page)


def can_be_read_in_light_and_dark(world):
    for dark in (False, True):
        page = world.enter(f"dead-letters/{world.exhausted[0]}", dark=dark)
        page.sees("Records")
        shade = page.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]")
        assert (shade < 60) == dark, shade
        for at, text in PAGES.items():
            page.run(f"location.hash = '#/{at}'")
            page.sees(text)
            poor = page.run(f"({CONTRASTS})()")
            assert not poor, f"{'dark' if dark else 'light'} {at}: {poor}"
        world.check(page)


# Texts whose contrast with what is behind them is below 4.5.
CONTRASTS = """() => {
    const channels = (color) => color.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const color = channels(getComputedStyle(at).backgroundColor);
            if (color.length === 3 || color[3] === 1) return color;
        }
        return [255, 255, 255];
    };
    const found = [];
    for (const element of document.querySelectorAll('body *')) {
        const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue.trim());
        if (!hasText || !element.getClientRects().length || element.closest('.hidden, [disabled], thead')) continue;
        const [a, b] = [light(channels(getComputedStyle(element).color)), light(behind(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) found.push(`${element.className} ${element.textContent.slice(0, 30)}: ${ratio.toFixed(2)}`);
    }
    return found;
}"""


def says_what_it_does_to_those_who_do_not_see(world):
    page = world.enter("kinds")
    unnamed = """[...document.querySelectorAll('a, button, input, select, textarea, [role=img], section, nav, table')]
        .filter((each) => !(each.getAttribute('aria-label') || each.textContent.trim()
            || (each.labels && each.labels.length))).map((each) => each.outerHTML)"""
    for at, text in PAGES.items():
        page.run(f"location.hash = '#/{at}'")
        page.sees(text)
        assert not page.run(unnamed), page.run(unnamed)
        assert page.run("document.querySelectorAll('h1').length") == 1
        assert page.run("document.documentElement.lang") == "en"
        assert page.run("document.querySelectorAll('.nav [aria-current=page]').length") == 1
    page.run("location.hash = '#/sessions'")
    page.sees("sessions found", within="({ innerText: document.getElementById('announcer').textContent })")
    world.check(page)


def survives_a_node_that_is_away(world):
    page = world.enter("sessions")
    page.sees(world.open)
    away = (None, None)
    page.answers |= {"GET v1/status": away, "GET v1/sessions": away}
    page.sees("no answer", "What is shown is from")
    page.sees(world.open)
    page.answers.clear()
    page.sees_not("no answer", "What is shown is from")
    page.sees("ready")
    world.check(page, expected=["ERR_CONNECTION_REFUSED"])


def rests_while_nobody_looks(world):
    page = world.enter("sessions")
    page.sees(world.open)
    page.run("Object.defineProperty(document, 'hidden', { configurable: true, get: () => window.away }); window.away = true;"
             "document.dispatchEvent(new Event('visibilitychange'))")
    # What is on its way may still arrive; then nothing is asked, whatever is waited for.
    page.run("new Promise((done) => setTimeout(done, 500))")
    before = len(page.requests)
    page.run("new Promise((done) => setTimeout(done, 3000))")
    assert len(page.requests) == before, "a hidden page asks"
    page.run("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    page.until("true")
    end = time.monotonic() + 60
    while len(page.requests) == before:
        assert time.monotonic() < end, "a page that is seen again does not ask"
        time.sleep(0.05)
    world.check(page)


# The parts by themselves.


def formats_and_draws(world):
    page = world.browser.open()
    page.go(world.console)
    page.sees("This node asks for a token")
    for module, expression, wanted in answers.PARTS:
        found = page.run(f"import('{world.console}js/{module}.js').then((m) => {expression})")
        assert found == wanted, f"{module}: {expression} is {found!r}, not {wanted!r}"
    world.check(page, expected=["401"])


TESTS = [
    asks_for_the_token_and_says_why_not, shows_what_there_is_and_what_needs_somebody,
    keeps_up_without_being_loaded_again, finds_sessions, pages_long_lists, shows_a_session,
    is_not_harmed_by_what_is_hostile, asks_before_it_acts_and_shows_refusals, mends_a_dead_letter,
    requeues_many, drops_a_dead_letter, pauses_and_resumes_a_kind, settles_transactions, hides_what_is_not_there,
    works_with_the_keyboard_alone, fits_a_phone, can_be_read_in_light_and_dark,
    says_what_it_does_to_those_who_do_not_see, survives_a_node_that_is_away, rests_while_nobody_looks,
    formats_and_draws,
]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program", help="the command reprise")
    arguments.add_argument("--screenshots", metavar="FOLDER", help="take pictures of the pages instead of testing")
    arguments.add_argument("--only", default="", help="run the tests whose name has this in it")
    given = arguments.parse_args()
    world = World(os.path.abspath(given.program))
    failures = 0
    try:
        if given.screenshots:
            return take_screenshots(world, given.screenshots)
        for test in TESTS:
            if given.only not in test.__name__:
                continue
            start = time.monotonic()
            try:
                test(world)
                print(f"✔ {test.__name__} ({time.monotonic() - start:.1f} s)", flush=True)
            except Exception:
                failures += 1
                print(f"✘ {test.__name__}\n{traceback.format_exc()}", flush=True)
        if failures:
            print(world.node.logged()[-4000:])
    finally:
        world.close()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
