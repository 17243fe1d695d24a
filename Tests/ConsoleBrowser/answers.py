"""Answers put in place of the node's own, and what the console's parts must make of values."""

import base64
import json

MISSING = (404, {"error": {"code": "notFound", "message": "There is nothing at this path.", "page": ""}})


def texts(run):
    return [base64.b64decode(record).decode() for record in run["records"]]


class Transactions:
    """Four transactions, one of each standing, and what was done about them."""

    heuristic = "0198c0de-0000-7000-8000-000000000001"
    in_doubt = "0198c0de-0000-7000-8000-000000000002"

    def __init__(self, now_ms=1_700_000_000_000):
        self.resolved = None
        self.forgotten = None
        trouble = {"code": "resourceFailed", "message": "The resource ledger does not answer: connection refused."}
        branch = lambda number, resource, state, **more: {
            "number": number, "resource": resource, "state": state, "attempts": 0, **more}
        self.all = [
            {"id": self.heuristic, "standing": "heuristic", "status": "committed", "timeMs": now_ms - 5_400_000,
             "reason": "The ledger was restored from a backup.",
             "branches": [branch(1, "ledger", "heuristic", heuristic="rolledBack"), branch(2, "stock", "committed")]},
            {"id": self.in_doubt, "standing": "inDoubt", "status": "committing", "timeMs": now_ms - 1_260_000,
             "branches": [branch(1, "ledger", "asking", attempts=14, trouble=trouble)]},
            {"id": "0198c0de-0000-7000-8000-000000000003", "standing": "pending", "status": "committing",
             "timeMs": now_ms - 95_000,
             "branches": [branch(1, "ledger", "committing", attempts=3, trouble=trouble), branch(2, "stock", "committed")]},
            {"id": "0198c0de-0000-7000-8000-000000000004", "standing": "working", "status": "preparing",
             "timeMs": now_ms - 1_000,
             "branches": [branch(1, "ledger", "prepared"), branch(2, "stock", "preparing")]},
        ]

    @property
    def answers(self):
        found = {"GET v1/transactions": (200, {"transactions": self.all})}
        for each in self.all:
            found[f"GET v1/transactions/{each['id']}"] = (200, each)
        found[f"POST v1/transactions/{self.in_doubt}/resolve"] = self._resolve
        found[f"POST v1/transactions/{self.heuristic}/forget"] = self._forget
        return found

    def _resolve(self, request):
        self.resolved = json.loads(request["postData"])
        return 200, {"id": self.in_doubt}

    def _forget(self, request):
        given = json.loads(request["postData"])
        if not given.get("unchecked"):
            message = "The resource ledger still holds a branch of it prepared."
            return 409, {"error": {"code": "transactionHeuristic", "message": message, "page": ""}}
        self.forgotten = given
        return 200, {"id": self.heuristic}


def _partition(number):
    sessions = {"open": 12 + number, "waiting": 30 - number, "running": 3, "parked": number % 2}
    return {
        "partition": number, "stage": "folding" if number == 5 else "owning", "sessions": sessions, "totals": {},
        "ready": number % 3, "nextOffset": 180_000 + 997 * number, "lowWaterOffset": 179_400 + 997 * number,
        "lowWaterAgeMs": 95_000 + 20_000 * number, "conservationDifference": 0,
    }


PARTITIONS = {"GET v1/partitions": (200, {"partitions": [_partition(number) for number in range(6)]})}

# A module, an expression of it, and what it is.
PARTS = [
    ("format", "m.duration(0)", "0 ms"),
    ("format", "m.duration(850)", "850 ms"),
    ("format", "m.duration(1500)", "1.5 s"),
    ("format", "m.duration(12_000)", "12 s"),
    ("format", "m.duration(245_000)", "4 min 5 s"),
    ("format", "m.duration(12_000_000)", "3 h 20 min"),
    ("format", "m.duration(8 * 86_400_000)", "8 days"),
    ("format", "m.duration(NaN)", "–"),
    ("format", "m.relative(5_000, 10_000)", "5 s ago"),
    ("format", "m.relative(75_000, 10_000)", "in 1 min 5 s"),
    ("format", "m.relative(10_400, 10_000)", "now"),
    ("format", "m.absolute(9e18)", "9000000000000000000 ms"),
    ("format", "m.bytes(1023)", "1023 B"),
    ("format", "m.bytes(1536)", "1.5 KiB"),
    ("format", "m.bytes(300 * 1024 * 1024)", "300 MiB"),
    ("format", "m.rate(0.25)", "0.25"),
    ("format", "m.rate(18.6)", "19"),
    ("format", "m.plural(1, 'session', 'sessions')", "1 session"),
    ("bytes", "m.fromBase64('%')", None),
    ("bytes", "m.toBase64(new Uint8Array(100_000).fill(65)).length", 133_336),
    ("bytes", "m.asText(new Uint8Array([0xff, 0xfe]))", None),
    ("bytes", "m.asText(new Uint8Array([0x61, 0x00]))", None),
    ("bytes", "m.asText(new TextEncoder().encode('h\u00e4\\n'))", "h\u00e4\n"),
    ("bytes", "m.prettyJSON('12')", None),
    ("bytes", "m.prettyJSON('{\"a\":[1,{}],\"a\":\"x:{\"}')", '{\n  "a": [\n    1,\n    {}\n  ],\n  "a": "x:{"\n}'),
    ("bytes", "m.prettyJSON('[12345678901234567890,[]]')", "[\n  12345678901234567890,\n  []\n]"),
    ("bytes", "m.prettyJSON('['.repeat(300) + ']'.repeat(300)) !== null", True),
    ("bytes", "m.hexDump(new Uint8Array([0x41, 0x0a]))", "000000  41 0a" + " " * 44 + "A."),
    ("bytes", "m.hexDump(new Uint8Array(17)).split('\\n').length", 2),
    ("chart", "[0, 0.3, 7, 18, 50, 51].map(m.roundUp)", [1, 0.5, 10, 20, 50, 100]),
    ("chart", "m.linePath([0, 5, null, 10], 10)", "M0 120L200 60M600 0"),
    ("history", "m.chartsOf(null)", []),
    ("history", "m.chartsOf({ samples: [{}] })", []),
    ("route", "m.href('sessions', 'a/b', { phase: 'open', kind: '' })", "#/sessions/a%2Fb?phase=open"),
    ("token", "['abc', 'a b', 'a\\nb', ''].map(m.isToken)", [True, False, False, False]),
    ("attention", "m.attentionOf({ parts: [], conservationDifference: 0, transactions: { heuristic: 0, inDoubt: 0 },"
     " sessions: { parked: 0 }, totals: { deadLettered: 0 }, dueLagMs: 0 })", []),
    ("attention", "m.attentionOf({ parts: [], conservationDifference: 0, transactions: { heuristic: 0, inDoubt: 0 },"
     " sessions: { parked: 0 }, totals: { deadLettered: 3 }, dueLagMs: 0 }).map((each) => each.href)", ["#/dead-letters"]),
    ("attention", "m.attentionOf({ parts: [{ name: 'journal', ready: false, detail: 'full' }], conservationDifference: -2,"
     " transactions: { heuristic: 1, inDoubt: 2 }, sessions: { parked: 1 }, totals: { deadLettered: 0 }, dueLagMs: 60_000 },"
     " [{ kind: 'a', paused: true }, { kind: 'b', breaker: { state: 'open' } }, { kind: 'c', breaker: { state: 'closed' } }])"
     ".map((each) => each.tone)", ["bad", "bad", "bad", "bad", "warn", "warn", "warn", "warn"]),
    ("pages/sessions", "m.millis(m.local('1700000001000'))", "1700000001000"),
    ("pages/sessions", "[m.local('9e99'), m.millis('nonsense')]", ["", ""]),
]
