"""POP3 sessions with a handler: well-behaved, hung up, and killed."""
import os
import random
import subprocess
import time

from pop3 import Gone, Malformed, Refused, Silent
import pop3
import world


class Ending(Exception):
    """The point of a session at which it is to be hung up or killed."""


class Client:
    """Runs one session after another; several clients share the accounts."""

    def __init__(self, name, command, ledger, seed, kinds, log):
        self.name, self.command, self.ledger = name, command, ledger
        self.rng = random.Random(seed)
        self.kinds, self.log = kinds, log
        self.update = 0.01      # about how long QUIT takes, to aim the kill

    def session(self, account, kind=None, sweep=False):
        """One session; sweep: fetch everything, delete nothing.

        Returns whether the maildrop was opened."""
        rng, ledger = self.rng, self.ledger
        kind = kind or rng.choices(list(self.kinds), self.kinds.values())[0]
        self.fuse = None        # steps until the ending
        if kind != "quit":
            self.fuse = rng.choice([rng.randint(0, 5), rng.randint(0, 60),
                                    None, None, None])
        self.marked, self.opened, self.asked = set(), False, 0.0
        self.account = account
        self.where = f"{self.name} ({kind}) of {account}"
        c = pop3.start(
            self.command, pop3.pipes if rng.random() < 0.5 else pop3.stream,
            stderr=self.log, start_new_session=True,
            env={"PATH": "/usr/sbin:/usr/bin"})
        try:
            self.talk(c, kind, sweep)
            ledger.add("session " + kind)
        except Ending:
            self.end(c, kind)
            ledger.add("session " + kind)
        except Refused as e:
            self.refused(str(e))
        except Gone:
            self.gone(c)
        except Malformed as e:
            ledger.violation("malformed", f"{self.where} after {c.last}: {e}")
            c.kill(True)
        except Silent:
            ledger.violation("silent", f"{self.where} after {c.last}, "
                             f"{time.monotonic():.3f}")
            c.kill(True)
        if self.asked:
            with ledger.lock:   # QUIT was sent and not answered by +OK
                ledger.maybe |= self.marked
        if not c.close():
            ledger.violation("stayed", f"{self.where} {time.monotonic():.3f}")
        return self.opened

    def refused(self, answer):
        if "IN-USE" in answer:
            self.ledger.add("in use")
            return
        self.ledger.add("refused")
        self.ledger.note("refused: " + answer)
        if "changed" in answer:
            self.ledger.changed(self.account, self.where, answer)

    def gone(self, c):
        """It hung up on us: allowed only rather than send a torn message."""
        try:
            status = c.process.wait(c.patience)
        except subprocess.TimeoutExpired:
            status = None
        what = f"after {c.last}, status {status}, {time.monotonic():.3f}"
        if status == 0 and c.last.startswith(b"RETR"):
            self.ledger.add("broken off")
            self.ledger.changed(self.account, self.where, what)
        else:
            self.ledger.violation("died", f"{self.where} {what}")

    def step(self, c=None):
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                if c and self.rng.random() < 0.5:
                    c.fill()    # somewhere in an answer
                raise Ending()

    def talk(self, c, kind, sweep):
        rng, ledger, where = self.rng, self.ledger, self.where
        c.accepted(c.line())
        self.step()
        c.must(b"USER " + self.account.encode())
        self.step()
        c.send(b"PASS " + world.PASSWORD.encode())
        if kind == "killed" and rng.random() < 0.1:
            time.sleep(rng.random() * 0.05)     # while it opens the maildrop
            raise Ending()
        c.accepted(c.line())
        self.opened = True
        with ledger.lock:
            gone = set(ledger.removed)
        self.step()

        total = int(c.must(b"STAT").split()[1])
        c.must(b"LIST")
        sizes = {int(a): int(b) for a, b in
                 (line.split() for line in c.multi().split(b"\r\n") if line)}
        self.step()
        c.must(b"UIDL")
        uids = dict(line.split(b" ", 1) for line in
                    c.multi().split(b"\r\n") if line)
        if not total == len(sizes) == len(uids):
            ledger.violation("inconsistent", f"{where}: STAT {total}, LIST "
                             f"{len(sizes)}, UIDL {len(uids)}")
        if len(set(uids.values())) != len(uids):
            ledger.violation("same unique-id", where)

        numbers = sorted(sizes)
        if not sweep:
            some = rng.choice([3, 30, 30, 100])
            numbers = rng.sample(numbers, min(some, len(numbers)))
        seen = set()
        for n in numbers:
            self.step()
            c.send(b"RETR %d" % n)
            self.step(c)
            c.accepted(c.line(), "RETR: ")
            data = c.multi()
            if len(data) != sizes[n]:
                ledger.violation("size", f"{where}: message {n} listed with "
                                 f"{sizes[n]} octets, has {len(data)}", data)
            ident = ledger.fetched(data.replace(b"\r\n", b"\n"),
                                   self.account, where)
            if ident is None:
                continue
            if ident in seen:
                ledger.violation("duplicated", f"{ident} twice", data)
            elif ident in gone:
                ledger.violation("returned", f"{ident} to {where}", data)
            seen.add(ident)
            ledger.unique_id(ident, uids.get(b"%d" % n), where, data)
            # A backlog makes updates that have something to move.
            if not sweep and rng.random() < (0.75 if total > 80 else 0.3):
                self.step()
                c.must(b"DELE %d" % n)
                self.marked.add(ident)
        if rng.random() < 0.05:
            c.must(b"RSET")
            self.marked.clear()
        self.quit(c, kind)

    def quit(self, c, kind):
        self.asked = time.monotonic()
        self.before = os.stat(world.spool(self.account))
        c.send(b"QUIT")
        if kind != "quit":
            raise Ending()
        answer = c.line()
        if answer.startswith(b"+OK"):
            self.update += (time.monotonic() - self.asked - self.update) / 8
            self.confirm()
        else:
            self.ledger.add("refused update")
            self.ledger.note("QUIT: " + answer.decode("latin-1"))
            if self.marked:
                self.ledger.changed(self.account, self.where,
                                    answer.decode("latin-1"))

    def confirm(self):
        with self.ledger.lock:
            self.ledger.removed |= self.marked
            self.ledger.count["deleted"] += len(self.marked)
        self.asked = 0.0

    def end(self, c, kind):
        if kind == "hang-up":
            c.hang_up()
            return
        if self.asked:
            self.aim()
        c.kill(self.rng.random() < 0.5)
        # A +OK sent before the kill counts like any other.
        try:
            said = c.rest()
        except Silent:
            said = c.buffer
        if b"+OK" in said and self.asked:
            self.confirm()

    def aim(self):
        """Wait for a moment to kill in: any of the update, or, as that may be
        all waiting for a lock, one soon after the spool is written to other
        than at its end."""
        sleep = self.rng.random() * 1.3 * self.update
        if self.rng.random() < 0.4:
            time.sleep(sleep)
            return
        path, before = world.spool(self.account), self.before
        end = time.monotonic() + 0.1 + 3 * self.update
        while time.monotonic() < end:
            now = os.stat(path)
            if now.st_mtime_ns != before.st_mtime_ns \
                    and now.st_size <= before.st_size:
                time.sleep(self.rng.random() * 0.003)
                return
            before = now
