"""Runs one script of what happens to a maildrop, and checks the promise.

A script is a layout's name and words:

    quit            the session that marks and says QUIT
    quit+mail       the same; a message arrives before QUIT
    login           a session that marks nothing
    recover         pop3-handler --recover
    mail            a message is delivered
    mail-gap        the same, with the empty line before it that is missing
    mail-lazy       the same; the agent does not sync
    mail-long       the same as mail-gap, longer than a wide gap
    cut@E.SEED      the power fails after E calls of the last run
    foreign-...     another program does something to the mailbox

The first four may have a fault: @[KINDS]N.DEED[*], see faults.c; DEED can be
an errno's name, or stop-dot, stop-fcntl, stop-flock, stop-none: an agent that
knows that lock only, or none, tries to deliver then. With * it lasts from then
on.
"""
import os
import random
import re
import struct

import disk
import layouts
import place

WORD = re.compile(r"(?P<verb>[a-z+-]+)(?:@(?P<kinds>[a-z]*)(?P<at>\d+)"
                  r"\.(?P<deed>[A-Za-z0-9-]+)(?P<lasts>\*?))?")
RUNS = ("quit", "quit+mail", "login", "recover")
MAGIC = b"pop3-handler journal 1\n"
SLOT = struct.Struct("=16sQQQQQ")
DEATHS = ("kill", "kill-after", "tear-half", "tear-sector")


class Violation(Exception):
    pass


class HarnessError(Exception):
    """Not the handler's fault."""


def parse(word):
    match = WORD.fullmatch(word)
    if match is None:
        raise HarnessError(f"no such word: {word}")
    verb, at = match["verb"], match["at"]
    if at is None:
        return verb, None
    return verb, (match["kinds"], int(at), match["deed"],
                  bool(match["lasts"]))


def is_redo_log_active(where):
    """Whether it has a whole head, as far as can be told without digests."""
    octets = where.get_file(where.redo_log) or b""
    return octets.startswith(MAGIC) and any(octets[120:136])


def has_last_step(where):
    """Whether the redo log may say that all but the truncation is done."""
    octets = where.get_file(where.redo_log) or b""
    for at in 4096, 8192:
        if len(octets) >= at + SLOT.size:
            identity, *_, is_last = SLOT.unpack_from(octets, at)
            if identity == octets[24:40] and is_last:
                return True
    return False


def tail(log):
    """Its last lines, for a human."""
    return " | ".join(log.splitlines()[-4:])[-400:]


def show(octets, wanted):
    """Where the file differs, for a human."""
    at = next((i for i, (a, b) in enumerate(zip(octets, wanted)) if a != b),
              min(len(octets), len(wanted)))
    return f"{len(octets)} octets instead of {len(wanted)}, differs at {at}"


class Run:
    """The state after some words. Copied, never shared, when it changes."""

    def __init__(self, where, layout, with_disk):
        self.place = where
        self.layout = layout
        self.old, self.new = layouts.old(layout), layouts.new(layout)
        self.bases = {"old", "new"}     # what the mailbox may be
        self.is_committed = False       # QUIT was answered with +OK
        self.was_committed = False      # the same, before the last run
        self.mail = {"old": b"", "new": b""}    # what was delivered since
        self.lazy = False               # some of it was not synced
        self.mails = 0
        self.foreign = None             # another program left this
        self.may_refuse = self.needs_aside = self.may_overwrite = False
        self.was_refused = False
        self.was_replaced = False       # the mailbox has another inode
        self.outcome = None
        self.with_disk = with_disk
        self.disk = {"s": disk.File(self.old), "j": disk.File()}
        self.events = []                # since `disk`
        where.restart(self.old)

    def state(self):
        return dict(self.__dict__), self.place.snapshot()

    def resume(self, state):
        self.__dict__.update(state[0])
        self.place.put_back(state[1])

    # --- what must be

    def base(self, name):
        return self.old if name == "old" else self.new

    def wanted(self):
        return {name: self.base(name) + self.mail[name]
                for name in self.bases}

    def found(self, content):
        """Which of the possible mailboxes this is."""
        for name, wanted in self.wanted().items():
            if content == wanted:
                return name
        if self.lazy:
            for name, wanted in self.wanted().items():
                if content.startswith(self.base(name)) and \
                        len(content) <= len(wanted):
                    return name
        return None

    def check_whole(self, when):
        content = self.place.get_file(self.place.spool)
        if self.foreign is not None:
            self.check_foreign(content, when)
            return
        name = self.found(content)
        if name is None:
            raise Violation(f"{when}: the mailbox is " + ", ".join(
                f"not the {n} one ({show(content, w)})"
                for n, w in self.wanted().items()))
        self.bases = {name}

    def check_foreign(self, content, when):
        if content == self.foreign or (
                self.may_overwrite and self.is_nearly(content)):
            return
        raise Violation(f"{when}: the mailbox of another program was changed "
                        f"({show(content, self.foreign)})")

    def is_nearly(self, content):
        """Old or new, but for an octet."""
        return any(len(content) == len(wanted) and
                   sum(a != b for a, b in zip(content, wanted)) <= 1
                   for wanted in self.wanted().values())

    def count(self):
        marked = len(self.layout.marked) if self.bases == {"new"} else 0
        return len(self.layout.messages) - marked + self.mails

    # --- words

    def do(self, word):
        verb, fault = parse(word)
        if verb in RUNS:
            self.run(verb, fault)
        elif verb == "cut":
            self.cut(fault[1], int(fault[2]))
        elif verb.startswith("mail"):
            self.deliver(verb)
        elif verb.startswith("foreign-"):
            self.disturb(verb)
        else:
            raise HarnessError(f"no such word: {word}")

    def compose(self, verb="mail-gap"):
        """The empty line that is missing, and a message."""
        name = f"mail-{self.mails + 1}"
        size = layouts.WIDE_GAP + 3000 if verb == "mail-long" else \
            700 + 613 * self.mails
        mail = layouts.message(name, size)
        tail = self.place.tail(2)
        if verb == "mail" or tail.endswith(b"\n\n") or not tail:
            return b"", mail
        return (b"\n" if tail.endswith(b"\n") else b"\n\n"), mail

    def took(self, gap, mail, in_session=False):
        """What stands before a message that came before QUIT ends the one
        before it, and goes with that."""
        self.mail = dict(self.mail)
        self.mail["old"] += gap + mail
        if in_session and len(self.layout.messages) in self.layout.marked:
            gap = b""
        self.mail["new"] += gap + mail
        self.mails += 1

    def deliver(self, verb, in_session=False):
        gap, mail = self.compose(verb)
        self.settle()
        at = os.stat(self.place.spool).st_size
        if not self.place.deliver(gap + mail):
            raise Violation("a stale lock stops delivery")
        if self.with_disk:
            self.disk["s"].write(at, gap + mail)
            if verb != "mail-lazy":
                self.disk["s"].sync()
        self.lazy |= verb == "mail-lazy"
        self.took(gap, mail, in_session)

    def visit(self, kind, in_session):
        """An agent comes while the handler is stopped."""
        gap, mail = self.compose()
        if self.place.deliver(gap + mail, (kind,)):
            self.took(gap, mail, in_session)

    def run(self, verb, fault):
        deed = fault[2] if fault else ""
        visit = None
        arguments = {"fault": fault, "record": place.ALL_KINDS if
                     self.with_disk else ""}
        self.settle()
        self.was_committed = self.is_committed
        if deed.startswith("stop-"):
            visit = arguments["visit"] = lambda: self.visit(
                deed[5:], verb.startswith("quit"))
        if verb == "recover":
            outcome = self.place.recover(**arguments)
        elif verb == "login":
            outcome = self.place.session(**arguments)
        else:
            outcome = self.place.session(
                marks=self.layout.marked, arm="quit",
                before_quit=(lambda: self.deliver("mail-gap", True))
                if verb == "quit+mail" else None, **arguments)
        self.outcome = outcome
        self.events = outcome.events
        self.check_model()
        if outcome.killed and self.place.listens and verb != "login":
            self.check_whole("after the listener's recovery")
            self.check_redo_log("after the listener's recovery", False)
        if outcome.killed or (verb == "recover" and deed in DEATHS):
            return
        if not outcome.killed and deed in DEATHS and \
                os.WIFSIGNALED(outcome.status):
            raise Violation(f"{verb}: ended by {outcome.status}")
        if os.WIFSIGNALED(outcome.status):
            raise Violation(f"{verb}: ended by signal "
                            f"{os.WTERMSIG(outcome.status)}")
        is_fault = bool(fault) and visit is None and deed != "kill-after"
        if verb == "recover":
            self.check_recovery(outcome, is_fault)
        elif verb == "login":
            self.check_login(outcome, is_fault, visit is not None)
        else:
            self.check_quit(outcome, fault if is_fault else None)

    # --- how it was answered

    def check_recovery(self, outcome, is_fault):
        if outcome.status == 0:
            self.check_whole("after --recover")
            self.check_redo_log("after --recover", is_fault)
        elif not is_fault and not self.may_refuse:
            raise Violation(f"--recover failed: {tail(outcome.log)}")
        else:
            self.check_reason(outcome, "--recover")

    def check_login(self, outcome, is_fault, is_visited):
        if outcome.login.startswith(b"+OK"):
            if self.needs_aside and not self.place.asides():
                raise Violation("no redo log was set aside")
            self.check_whole("at the login")
            if not self.lazy and self.foreign is None and not is_visited:
                self.check_count(outcome)
            self.check_redo_log("after the login", is_fault)
            if not is_fault and os.path.lexists(self.place.dotlock):
                raise Violation("the dotlock stayed")
            return
        answered = outcome.login.startswith(b"-ERR [SYS/TEMP]")
        if is_fault and not outcome.login:
            return      # not even a greeting: it said so in the log
        if is_fault and answered:
            self.check_reason(outcome, "login")
            return
        if answered and self.may_refuse and not self.was_refused:
            self.was_refused = True
            self.check_reason(outcome, "login")
            self.check_foreign(self.place.get_file(self.place.spool),
                               "at the refused login")
            return
        raise Violation(f"no login: {outcome.login.decode()}; "
                        f"{tail(outcome.log)}")

    def check_count(self, outcome):
        match = re.search(rb"has (\d+) message", outcome.login)
        if match is None or int(match[1]) != self.count():
            raise Violation(f"{self.count()} messages expected: "
                            f"{outcome.login.decode()}")

    def check_quit(self, outcome, fault):
        content = self.place.get_file(self.place.spool)
        if outcome.quit.startswith(b"+OK"):
            self.bases = {"new"}
            self.is_committed = True
            self.check_whole("after +OK")
            self.check_redo_log("after +OK", fault is not None)
            return
        if not outcome.quit.startswith(b"-ERR [SYS/TEMP]") or not fault:
            raise Violation(f"QUIT answered {outcome.quit.decode()!r}; "
                            f"{tail(outcome.log)}")
        self.check_reason(outcome, "QUIT")
        if not fault[3] and self.found(content) is None:
            raise Violation("one fault, and the mailbox was left halfway")
        if self.found(content) is None and not is_redo_log_active(self.place):
            raise Violation("the mailbox was left halfway, with no redo log")

    @staticmethod
    def check_reason(outcome, what):
        if not re.search(r"(cannot|refusing|is not what) .*[a-z]",
                         outcome.log):
            raise Violation(f"{what} was refused and the log does not say "
                            f"why: {tail(outcome.log)}")

    def check_redo_log(self, when, is_fault):
        """It must tell of nothing, and take no room."""
        if is_redo_log_active(self.place):
            raise Violation(f"{when}: the redo log still tells of an update")
        if not is_fault and os.path.exists(self.place.redo_log) and \
                os.stat(self.place.redo_log).st_size > 0:
            raise Violation(f"{when}: the redo log keeps its disk space")

    # --- the disk

    @staticmethod
    def apply(files, event):
        file = files.get(event.file)
        if file is None:
            return
        if event.error != 0:
            if event.kind == "s":
                file.sync(False)
        elif event.kind == "w":
            file.write(event.offset, event.data)
        elif event.kind == "t":
            file.truncate(event.offset)
        elif event.kind == "a":
            file.allocate(event.offset, event.length)
        elif event.kind == "s":
            file.sync()

    def model(self, count=None):
        """The files after some of the events."""
        files = {name: file.copy() for name, file in self.disk.items()}
        for event in self.events[:count]:
            self.apply(files, event)
        return files

    def settle(self):
        """What was before the next run is in `disk`."""
        if self.with_disk:
            self.disk = self.model()
            self.events = []

    def check_model(self):
        if not self.with_disk:
            return
        files = self.model()
        for name, path in (("s", self.place.spool), ("j", self.place.redo_log)):
            if files[name].now != (self.place.get_file(path) or b""):
                raise HarnessError(f"the record of {path} is not true: "
                                   + show(files[name].now,
                                          self.place.get_file(path) or b""))

    def is_dotlock_empty(self, count):
        """Whether a sync has written the name of a file without content. (One
        of the content that failed is excused: the lock's age tells then.)"""
        is_written = is_empty = False
        for event in self.events[:count]:
            if event.kind == "s" and event.file == "o":
                is_written = True       # the draft's
            elif event.error != 0:
                continue
            elif event.kind == "k":
                is_empty, is_written = not is_written, False
            elif event.kind == "s" and event.file in "sj" and is_empty:
                return True
        return False

    def cut(self, count, seed):
        """The power fails."""
        rng = random.Random(f"{self.layout.name} {count} {seed}")
        left = disk.cut(self.model(count), seed, rng)
        if count < len(self.events):
            self.is_committed = self.was_committed
        if not self.is_committed:
            self.bases = {"old", "new"}
        self.place.put_file(self.place.spool, left["s"])
        self.place.put_file(self.place.redo_log, left["j"])
        if seed % 2:
            self.place.dead_dotlock(self.is_dotlock_empty(count))
        else:
            self.place.put_file(self.place.dotlock, None)
        self.disk = {name: disk.File(c) for name, c in left.items()}
        self.events = []

    # --- other programs

    def disturb(self, verb):
        where, what = self.place, verb.partition("-")[2]
        content = where.get_file(where.spool)
        if what in ("open", "closed"):
            self.refuse_mode(content, 0o666 if what == "open" else 0)
            return
        self.may_refuse = is_redo_log_active(where)
        # if all but the truncation was done, the file may tell no more
        # whether that was done, too: then there is nothing to set aside
        self.needs_aside = self.may_refuse and what != "flip" and \
            not has_last_step(where)
        # a change of one octet may be where the copy is written anyway
        self.may_overwrite = what == "flip"
        changed = self.CHANGES[what](self, content) if content else content
        if what in ("rename", "replace"):
            where.put_file(where.spool + ".new", changed)
            os.rename(where.spool + ".new", where.spool)
            self.was_replaced = True
        else:
            where.put_file(where.spool, changed)
        self.foreign = changed

    def add_status(self, content):
        at = content.index(b"\n") + 1
        return content[:at] + b"Status: RO\n" + content[at:]

    def flip(self, content):
        """One octet in the middle of what is there."""
        at = len(content) // 2
        return content[:at] + bytes([content[at] ^ 1]) + content[at + 1:]

    CHANGES = {
        "rename": lambda self, content: content,
        "replace": lambda self, content: self.old,
        "empty": lambda self, content: b"",
        "backup": lambda self, content: layouts.message("backup", 5000),
        "older": lambda self, content: b"".join(self.layout.messages[:-1]),
        "longer": lambda self, content: layouts.message("backup", 700) +
        self.old + layouts.message("backup2", 3000),
        "status": add_status,
        "flip": flip,
    }

    def refuse_mode(self, content, mode):
        """With such permissions nothing may happen."""
        where = self.place
        redo_log = where.get_file(where.redo_log)
        os.chmod(where.spool, mode)
        outcome = where.session()
        os.chmod(where.spool, 0o600)
        if outcome.login.startswith(b"+OK") or outcome.killed:
            raise Violation(f"login with a mailbox of mode {mode:o}")
        self.check_reason(outcome, "login")
        if where.get_file(where.spool) != content or \
                (where.get_file(where.redo_log) or b"") != (redo_log or b""):
            raise Violation(f"a mailbox of mode {mode:o} was changed")


class Player:
    """Runs scripts one after the other, each from where it first differs from
    the one before."""

    def __init__(self, where, small, large):
        self.place = where
        self.handlers = small, large
        self.layouts = {}
        self.run = None
        self.words = []
        self.states = []

    def layout(self, name):
        if name not in self.layouts:
            self.layouts[name] = layouts.find(name)
        return self.layouts[name]

    def begin(self, layout, words):
        self.place.handler = self.handlers[layout.large]
        with_disk = any(w.startswith("cut") for w in words)
        common = 0
        if self.run is not None and self.run.layout is layout and \
                self.run.with_disk == with_disk:
            while common < min(len(words), len(self.states)) and \
                    words[common] == self.words[common]:
                common += 1
        if common == 0:
            self.run = Run(self.place, layout, with_disk)
            self.states = []
        else:
            del self.states[common:]
            self.run.resume(self.states[-1])
        return common

    def play(self, script):
        """Raises Violation. The run after it."""
        name, *words = script.split()
        layout = self.layout(name)
        common = self.begin(layout, words)
        self.words = words
        try:
            for word in words[common:]:
                self.run.do(word)
                # the last word is hardly ever shared
                if not layout.large and len(self.states) < len(words) - 1:
                    self.states.append(self.run.state())
        except BaseException:
            self.run = None
            raise
        run = self.run
        if run.was_replaced:
            self.run = None     # no state from before can be put back
        return run

    def events(self, script, kinds=""):
        """The calls that the last word of the script makes."""
        *prefix, last = script.split()
        run = self.play(" ".join(prefix)) if len(prefix) > 1 else \
            Run(self.place, self.layout(prefix[0]), False)
        self.place.handler = self.handlers[run.layout.large]
        self.run = None     # what we do to the place now is not in it
        kinds = kinds or place.ALL_KINDS
        if last == "recover":
            return self.place.recover(record=kinds).events
        if last == "login":
            return self.place.session(record=kinds).events
        return self.place.session(
            marks=run.layout.marked, arm="quit", before_quit=lambda: None,
            record=kinds).events
