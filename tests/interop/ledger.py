"""The books: what was delivered, fetched and removed, and what must be left."""
import collections
import os
import threading

import mail

# What a table counts per agent, in its order.
COLUMNS = ("delivered", "failed", "left", "lost", "duplicated", "torn")


class Ledger:
    def __init__(self, evidence, rewritten):
        self.lock = threading.Lock()
        self.rewritten = rewritten      # accounts whose mail an agent edits
        self.evidence = evidence        # directory for what is found wrong
        self.messages = {}              # id -> Message
        self.removed = set()            # marked, and QUIT got +OK
        self.maybe = set()              # marked, QUIT sent, no answer seen
        self.uidl = {}                  # id -> unique-id seen first
        self.count = collections.Counter()
        self.violations = collections.Counter()
        self.notes = collections.Counter()
        self.wrong = set()              # (kind, id) already held against a run

    def new(self, message):
        with self.lock:
            self.messages[message.ident] = message

    def add(self, what, n=1):
        with self.lock:
            self.count[what] += n

    def note(self, text):
        with self.lock:
            self.notes[text] += 1

    def violation(self, kind, what, evidence=None):
        """Count one, once per kind and message, and keep what was seen."""
        with self.lock:
            if (kind, what) in self.wrong:
                return
            self.wrong.add((kind, what))
            self.violations[kind] += 1
            n = self.violations[kind]
            if n > 50:                  # enough to look at
                return
            with open(os.path.join(self.evidence, "violations"), "a") as f:
                f.write(f"{kind} {n}: {what}\n")
            if evidence is not None:
                name = os.path.join(self.evidence,
                                    f"{kind.replace(' ', '-')}.{n}")
                with open(name, "wb") as f:
                    f.write(evidence)

    def fetched(self, text, account, where):
        """Judge a message a session got; its id if it is what was sent."""
        ident = mail.ident(text)
        message = self.messages.get(ident)
        if message is None or not mail.intact(text, message):
            self.violation("torn", f"{ident} fetched by {where}", text)
            return None
        if message.account != account:
            self.violation("astray", f"{ident} fetched by {where}", text)
            return None
        self.add("fetched")
        return ident

    def unique_id(self, ident, uid, where, text):
        account = self.messages[ident].account
        with self.lock:
            first = self.uidl.setdefault(ident, uid)
        if first == uid:
            return
        if account in self.rewritten:
            self.note("unique-id changed where an agent rewrites headers")
        else:
            self.violation("unique-id changed", f"{ident} had {first}, has "
                           f"{uid}, {where}", text)

    def changed(self, account, where, what):
        """A handler found that the spool was not as it had left it."""
        if account in self.rewritten:
            self.note("called changed where an agent rewrites headers")
        else:
            self.violation("called changed", f"{where}: {what}")

    def close(self, spools):
        """Compare with the final spools; the rows of the table by agent."""
        rows = collections.defaultdict(collections.Counter)
        present = collections.Counter()
        torn = set()
        for account, data in spools.items():
            for text in mail.split(data):
                ident = mail.ident(text)
                message = self.messages.get(ident)
                agent = message.agent if message else "(unknown)"
                if message:
                    present[ident] += 1
                if not message or not mail.intact(text, message):
                    torn.add(ident)
                    rows[agent]["torn"] += 1
                    self.violation("torn", f"{ident} in spool {account}, "
                                   f"part {rows[agent]['torn']}", text)
                elif message.account != account:
                    self.violation("astray", f"{ident} in spool {account}")
        for ident, m in self.messages.items():
            row, here = rows[m.agent], present[ident]
            row["delivered" if m.outcome else "failed"] += 1
            row["left"] += here
            allowed = 0 if ident in self.removed else 1
            if here > allowed:
                row["duplicated"] += 1
                self.violation("duplicated", f"{ident} ({m.agent}) is there "
                               f"{here} times, may be {allowed}")
            elif m.outcome and not here and ident not in self.removed \
                    and ident not in self.maybe:
                row["lost"] += 1
                self.violation("lost", f"{ident} ({m.agent}, to {m.account})")
        self.count["torn"] = sum(r["torn"] for r in rows.values())
        return rows
