"""A headless Chromium, driven over its DevTools protocol through two pipes: no driver, no port."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time

# Generous: a loaded machine with two cores may take long for anything. Nothing waits longer than needed.
PATIENCE = 90

KEYS = {
    "Tab": 9, "Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowRight": 39, "ArrowDown": 40, " ": 32,
}


class Browser:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="reprise-browser-")
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()

        def place():
            # The browser reads from 3 and writes to 4. Copied out of the way first: they may be these.
            low, high = os.dup2(to_browser, 100), os.dup2(from_browser, 101)
            os.dup2(low, 3)
            os.dup2(high, 4)

        self.process = subprocess.Popen(
            [
                program(), "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
                "--disable-default-apps", "--disable-extensions", "--disable-sync", "--no-first-run",
                "--no-default-browser-check", "--password-store=basic", "--disable-features=Translate",
                "--force-color-profile=srgb", f"--user-data-dir={self.directory}", "about:blank",
            ],
            preexec_fn=place, pass_fds=(3, 4), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self._number = 0
        self._answers = {}
        self._changed = threading.Condition()
        self._handlers = {}
        self._closed = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        buffered = bytearray()
        while chunk := os.read(self._in, 1 << 16):
            buffered += chunk
            *messages, rest = bytes(buffered).split(b"\0")
            buffered = bytearray(rest)
            for message in messages:
                self._take(json.loads(message))
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _take(self, message):
        if "id" in message:
            with self._changed:
                self._answers[message["id"]] = message
                self._changed.notify_all()
        elif handler := self._handlers.get(message.get("sessionId")):
            handler(message["method"], message["params"])

    def send(self, method, session=None, **parameters):
        """Sends a command without waiting for its answer; returns its number."""
        with self._changed:
            self._number += 1
            number = self._number
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        return number

    def call(self, method, session=None, **parameters):
        number = self.send(method, session, **parameters)
        with self._changed:
            found = self._changed.wait_for(lambda: self._closed or number in self._answers, PATIENCE)
            assert found and number in self._answers, f"the browser does not answer {method}"
            answer = self._answers.pop(number)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def open(self, **options):
        return Page(self, **options)

    def close(self):
        try:
            self.send("Browser.close")
            self.process.wait(20)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


class Page:
    """A tab with storage of its own. Everything that a page should not do is kept in `troubles`."""

    def __init__(self, browser, width=1280, height=900, dark=False, phone=False):
        self.browser = browser
        self.context = browser.call("Target.createBrowserContext")["browserContextId"]
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=self.context)
        self.session = browser.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        self.troubles = []
        self.requests = []
        # A path of the API, and what is answered in its place: (status, body), or a function of the request.
        self.answers = {}
        browser._handlers[self.session] = self._on_event
        for domain in ["Page", "Runtime", "Log", "Network", "Audits"]:
            self.call(f"{domain}.enable")
        self.call("Fetch.enable", patterns=[{"urlPattern": "*/v1/*"}])
        self.call(
            "Page.addScriptToEvaluateOnNewDocument",
            source="addEventListener('securitypolicyviolation',"
            "(e) => console.error('policy violated: ' + e.violatedDirective + ' ' + e.blockedURI))")
        self.size(width, height, phone)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ])

    def size(self, width, height, phone=False):
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height,
            deviceScaleFactor=1, mobile=phone)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def _on_event(self, method, event):
        if method == "Network.requestWillBeSent":
            self.requests.append(event["request"])
        elif method == "Runtime.exceptionThrown":
            self.troubles.append(f"exception: {json.dumps(event['exceptionDetails'])}")
        elif method == "Runtime.consoleAPICalled" and event["type"] in ("error", "warning", "assert"):
            self.troubles.append(f"console: {[each.get('value') for each in event['args']]}")
        elif method == "Log.entryAdded" and event["entry"]["level"] in ("error", "warning"):
            entry = event["entry"]
            self.troubles.append(f"log: {entry['source']}: {entry['text']} {entry.get('url', '')}")
        elif method == "Audits.issueAdded":
            self.troubles.append(f"issue: {json.dumps(event['issue'])}")
        elif method == "Page.javascriptDialogOpening":
            self.troubles.append(f"dialog: {event['message']}")
        elif method == "Fetch.requestPaused":
            self._answer(event)

    def _answer(self, event):
        path = event["request"]["url"].split("/", 3)[3].split("?")[0]
        found = self.answers.get(f"{event['request']['method']} {path}")
        if found is None:
            self.browser.send("Fetch.continueRequest", self.session, requestId=event["requestId"])
            return
        status, body = found(event["request"]) if callable(found) else found
        if status is None:
            self.browser.send(
                "Fetch.failRequest", self.session, requestId=event["requestId"], errorReason="ConnectionRefused")
            return
        self.browser.send(
            "Fetch.fulfillRequest", self.session, requestId=event["requestId"], responseCode=status,
            responseHeaders=[{"name": "Content-Type", "value": "application/json"}],
            body=base64.b64encode(json.dumps(body).encode()).decode())

    # What a user does.

    def go(self, url):
        self.call("Page.navigate", url=url)

    def key(self, key, shift=False):
        text = {"Enter": "\r", " ": " "}.get(key)
        common = {
            "key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": KEYS[key],
            "modifiers": 8 if shift else 0,
        }
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **common,
                  **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def write(self, text):
        self.call("Input.insertText", text=text)

    def click(self, text, within="document", role="a, button"):
        """Clicks what is named like this, with a real mouse, where it can be hit."""
        place = self.until(f"""(() => {{
            const root = {within};
            const found = root && [...root.querySelectorAll({json.dumps(role)})].find((each) =>
                (each.getAttribute('aria-label') ?? each.textContent).trim().startsWith({json.dumps(text)})
                && !each.disabled && each.getClientRects().length > 0);
            if (!found) return null;
            found.scrollIntoView({{ block: 'center' }});
            const box = found.getBoundingClientRect();
            const point = {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }};
            const hit = document.elementFromPoint(point.x, point.y);
            return hit && (found.contains(hit) || hit.contains(found)) ? point : null;
        }})()""", f"nothing to click is named {text!r}")
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"]:
            self.call("Input.dispatchMouseEvent", type=kind, **place, button="left", clickCount=1)

    def fill(self, label, text, within="document"):
        """Puts a text into the field with this label, as if it was typed."""
        self.until(f"""(() => {{
            const root = {within};
            const found = root && [...root.querySelectorAll('label')].find((each) =>
                each.textContent.trim().startsWith({json.dumps(label)}));
            const control = found && document.getElementById(found.htmlFor);
            if (!control) return null;
            control.focus();
            control.select?.();
            return document.activeElement === control;
        }})()""", f"no field has the label {label!r}")
        if text:
            self.write(text)
        else:
            self.run("document.activeElement.value = ''")

    # What a user sees.

    def run(self, expression):
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, json.dumps(answer["exceptionDetails"])
        return answer["result"].get("value")

    def until(self, expression, message=None):
        """Waits until the expression is true, and returns what it is."""
        end = time.monotonic() + PATIENCE
        error = ""
        while time.monotonic() < end:
            try:
                if found := self.run(expression):
                    return found
            except AssertionError as failure:
                # The page may just be loaded, and have nothing yet.
                error = f"\n{failure}"
            time.sleep(0.05)
        raise AssertionError(
            f"{message or expression}{error}\nThe page shows:\n{self.text()}\n{self.troubles}")

    def sees(self, *texts, within="document.body"):
        for text in texts:
            self.until(
                f"({within})?.innerText.toLowerCase().includes({json.dumps(text.lower())})",
                f"{text!r} is not shown")

    def sees_not(self, *texts, within="document.body"):
        for text in texts:
            self.until(
                f"!({within})?.innerText.toLowerCase().includes({json.dumps(text.lower())})",
                f"{text!r} is still shown")

    def text(self):
        return self.run("document.body.innerText")

    def picture(self, path, height=1_200):
        """A picture of the page from its top, at most so high."""
        height = min(height, self.run("document.documentElement.scrollHeight"))
        width = self.run("innerWidth")
        data = self.call(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True,
            clip={"x": 0, "y": 0, "width": width, "height": height, "scale": 1})["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))


def program():
    for name in [os.environ.get("REPRISE_TEST_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]:
        if name and (found := shutil.which(name)):
            return found
    raise SystemExit("chromium is missing: scripts/install-deps.sh installs it")
