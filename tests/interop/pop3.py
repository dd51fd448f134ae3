"""POP3 sessions with a handler: well-behaved, hung up, and killed."""
import os
import random
import select
import signal
import socket
import subprocess
import time

import world


class Gone(Exception):
    """The handler closed the connection."""


class Silent(Exception):
    """The handler did not answer in time."""


class Refused(Exception):
    """A negative response where a session cannot go on."""


class Connection:
    PATIENCE = 60

    def __init__(self, command, log, pipes):
        if pipes:
            there_in, self.w = os.pipe()
            self.r, there_out = os.pipe()
        else:
            here, there = socket.socketpair()
            self.r = self.w = here.detach()
            there_in = there_out = there.detach()
        self.buffer = b""
        self.last = ""          # what was sent last
        try:
            self.process = subprocess.Popen(
                command, stdin=there_in, stdout=there_out, stderr=log,
                start_new_session=True, env={"PATH": "/usr/sbin:/usr/bin"})
        finally:
            for fd in {there_in, there_out}:
                os.close(fd)

    def send(self, line):
        self.last = line
        try:
            os.write(self.w, line.encode() + b"\r\n")
        except OSError:
            raise Gone()

    def fill(self):
        if not select.select([self.r], [], [], self.PATIENCE)[0]:
            raise Silent()
        try:
            data = os.read(self.r, 65536)
        except OSError:
            data = b""
        if not data:
            raise Gone()
        self.buffer += data

    def line(self):
        while b"\n" not in self.buffer:
            self.fill()
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r").decode("latin-1")

    def multi(self):
        """A multi-line response as sent, without the terminating octet."""
        seen = 0
        while True:
            if self.buffer.startswith(b".\r\n"):
                data, self.buffer = b"", self.buffer[3:]
                return data
            end = self.buffer.find(b"\r\n.\r\n", max(0, seen - 5))
            if end >= 0:
                data = self.buffer[:end + 2]
                self.buffer = self.buffer[end + 5:]
                data = data[1:] if data.startswith(b".") else data
                return data.replace(b"\r\n.", b"\r\n")
            seen = len(self.buffer)
            self.fill()

    def ask(self, line):
        self.send(line)
        return self.line()

    def must(self, line):
        answer = self.ask(line)
        if not answer.startswith("+OK"):
            raise Refused(answer)
        return answer

    def rest(self):
        """What is still to be read from a handler that has ended."""
        try:
            while True:
                self.fill()
        except (Gone, Silent):
            return self.buffer

    def hang_up(self):
        for fd in {self.r, self.w}:
            os.close(fd)
        self.r = self.w = None

    def kill(self, group):
        try:
            (os.killpg if group else os.kill)(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def close(self):
        """Hang up if that was not done, and see the handler end."""
        if self.r is not None:
            self.hang_up()
        try:
            self.process.wait(self.PATIENCE)
            return True
        except subprocess.TimeoutExpired:
            self.kill(True)
            self.process.wait()
            return False


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
        c = Connection(self.command, self.log, rng.random() < 0.5)
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
            status = c.process.wait(c.PATIENCE)
        except subprocess.TimeoutExpired:
            status = None
        what = f"after {c.last}, status {status}, {time.monotonic():.3f}"
        if status == 0 and c.last.startswith("RETR"):
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
        banner = c.line()
        if not banner.startswith("+OK"):
            raise Refused(banner)
        self.step()
        c.must("USER " + self.account)
        self.step()
        c.send("PASS " + world.PASSWORD)
        if kind == "killed" and rng.random() < 0.1:
            time.sleep(rng.random() * 0.05)     # while it opens the maildrop
            raise Ending()
        answer = c.line()
        if not answer.startswith("+OK"):
            raise Refused(answer)
        self.opened = True
        with ledger.lock:
            gone = set(ledger.removed)
        self.step()

        total = int(c.must("STAT").split()[1])
        c.must("LIST")
        sizes = {int(a): int(b) for a, b in
                 (line.split() for line in c.multi().split(b"\r\n") if line)}
        self.step()
        c.must("UIDL")
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
            c.send(f"RETR {n}")
            self.step(c)
            answer = c.line()
            if not answer.startswith("+OK"):
                raise Refused(f"RETR: {answer}")
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
                c.must(f"DELE {n}")
                self.marked.add(ident)
        if rng.random() < 0.05:
            c.must("RSET")
            self.marked.clear()
        self.quit(c, kind)

    def quit(self, c, kind):
        self.asked = time.monotonic()
        self.before = os.stat(world.spool(self.account))
        c.send("QUIT")
        if kind != "quit":
            raise Ending()
        answer = c.line()
        if answer.startswith("+OK"):
            self.update += (time.monotonic() - self.asked - self.update) / 8
            self.confirm()
        else:
            self.ledger.add("refused update")
            self.ledger.note("QUIT: " + answer)
            if self.marked:
                self.ledger.changed(self.account, self.where, answer)

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
        if c.rest().rpartition(b"+OK")[1] and self.asked:
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
