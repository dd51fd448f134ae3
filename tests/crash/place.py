"""A maildrop whose handler can have faults at each of its calls."""
import collections
import errno
import os
import signal
import socket
import struct
import time

import pop3
import world

HEAD = struct.Struct("=cc2xiQQQ")
Event = collections.namedtuple("Event", "kind file error offset length data")

ALL_KINDS = "wtscaflkunh"


class Outcome:
    """How a run of the handler ended."""
    def __init__(self):
        self.login = self.quit = b""
        self.killed = False
        self.status = None
        self.log = ""
        self.events = []


def make_environment(place, fault, arm, record):
    """`fault` is None or (kinds, at, deed, lasts)."""
    environment = {
        "LD_PRELOAD": place.preload, "FAULT_ARM": arm,
        "FAULT_SPOOL": place.spool, "FAULT_STATE": place.state,
        "FAULT_KINDS": ALL_KINDS, "FAULT_DIED": place.died,
    }
    if record:
        environment["FAULT_RECORD"] = place.record
        environment["FAULT_RECORDS"] = record
    if fault:
        kinds, at, deed, lasts = fault
        number = getattr(errno, deed, None)
        environment["FAULT_KINDS"] = kinds or ALL_KINDS
        environment["FAULT_AT"] = str(at)
        environment["FAULT_DO"] = str(number) if number else (
            "stop" if deed.startswith("stop-") else deed)
        if lasts:
            environment["FAULT_LASTS"] = "1"
    return environment


def children_of(pid):
    """Their ids; none if it is gone."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:
            return {int(word) for word in file.read().split()}
    except (FileNotFoundError, ProcessLookupError):
        return set()


def wait_until(condition, what):
    until = time.monotonic() + pop3.Connection.patience
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(what)
        time.sleep(0.001)


class Place(world.World):
    def __init__(self, base, preload, owner=None, wrapper=(), listens=False):
        """The owner starts the handler by the words of the wrapper; for
        sessions it is a listener, if it `listens`, and we are the reaper of
        its children."""
        super().__init__(base, owner)
        self.preload = preload
        self.handler = None
        self.wrapper = wrapper
        self.record = os.path.join(base, "record")
        self.log = os.path.join(base, "log")
        self.died = os.path.join(base, "died")
        self.listens = listens

    def asides(self):
        return [n for n in os.listdir(self.state) if n.endswith("%aside")]

    # --- the handler

    def start(self, words, fault, arm, record, stream):
        command = [*self.wrapper, self.handler, *words,
                   f"--state={self.state}",
                   "--log=stderr", "--hostname=test", "--min-uid=1"]
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC |
                      os.O_APPEND, 0o600)
        if record:
            self.put_file(self.record, b"")
        try:
            return os.posix_spawnp(
                command[0], command,
                make_environment(self, fault, arm, record),
                file_actions=[(os.POSIX_SPAWN_DUP2, stream, 0),
                              (os.POSIX_SPAWN_DUP2, stream, 1),
                              (os.POSIX_SPAWN_DUP2, log, 2)])
        finally:
            os.close(log)

    def finish(self, pid, outcome, visit, record):
        """Waits for the process; whenever it stops, `visit` is called."""
        while True:
            _, status = os.waitpid(pid, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                break
            visit()
            os.kill(pid, signal.SIGCONT)
        outcome.killed = os.WIFSIGNALED(status) and \
            os.WTERMSIG(status) == signal.SIGKILL
        outcome.status = status
        with open(self.log, encoding="utf-8", errors="replace") as file:
            outcome.log = file.read()
        if record:
            outcome.events = self.read_record()

    def finish_listener(self, pid, child, outcome, record):
        """Waits for the session, which is the listener's child, and for what
        the listener does when one was killed; then it has to end, too."""
        wait_until(lambda: child not in children_of(pid), "the session")
        os.kill(pid, signal.SIGTERM)
        _, outcome.status = os.waitpid(pid, 0)
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            pass
        outcome.killed = bool(self.get_file(self.died))
        with open(self.log, encoding="utf-8", errors="replace") as file:
            outcome.log = file.read()
        if "has crashed" in outcome.log:
            outcome.status = signal.SIGSEGV
        if record:
            outcome.events = self.read_record()

    def read_record(self):
        octets, at, events = self.get_file(self.record), 0, []
        while at < len(octets):
            kind, file, error, offset, length, data = \
                HEAD.unpack_from(octets, at)
            at += HEAD.size
            events.append(Event(kind.decode(), file.decode(), error, offset,
                                length, octets[at:at + data]))
            at += data
        return events

    def session(self, marks=(), before_quit=None, fault=None, arm="start",
                record="", visit=None):
        """A login, the marks, QUIT."""
        outcome, answers = Outcome(), []
        words = [f"--accounts={self.accounts}", f"--maildrop={self.spool}"]
        self.put_file(self.died, None)
        start = self._start_listener if self.listens else self._start_process
        ours, finish = start(words, fault, arm, record, visit)
        try:
            self._talk(ours, answers, marks, before_quit)
            if visit is None:
                self._hear(ours, answers, 4 + len(marks))
            finish(outcome)
            self._hear(ours, answers, 4 + len(marks))
        finally:
            ours.hang_up()
        answers += [b""] * (4 + len(marks) - len(answers))
        outcome.login, outcome.quit = answers[2], answers[3 + len(marks)]
        return outcome

    def _start_process(self, words, fault, arm, record, visit):
        """The connection to it, and how to wait for its end."""
        r, w, theirs, _ = pop3.stream()
        pid = self.start(words, fault, arm, record, theirs)
        os.close(theirs)
        return pop3.Connection(r, w), lambda outcome: self.finish(
            pid, outcome, visit, record)

    def _start_listener(self, words, fault, arm, record, _):
        """The same. The oldest child is the one that gets the connection."""
        path = os.path.join(self.base, "socket")
        self.put_file(path, None)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path)
            listening.listen()
            pid = self.start(words, fault, arm, record, listening.fileno())
        wait_until(lambda: len(children_of(pid)) > 1, "the listener")
        child = min(children_of(pid))
        ours = socket.socket(socket.AF_UNIX)
        ours.connect(path)
        fd = ours.detach()
        return pop3.Connection(fd, fd), lambda outcome: self.finish_listener(
            pid, child, outcome, record)

    @staticmethod
    def _send(ours, *lines):
        try:
            ours.send(*lines)
        except pop3.Gone:
            pass

    def _talk(self, ours, answers, marks, before_quit):
        lines = [b"USER mrose", b"PASS " + world.PASSWORD] + \
            [b"DELE %d" % n for n in sorted(marks)]
        if not marks and before_quit is None:
            self._send(ours, *lines, b"QUIT")
            return
        self._send(ours, *lines)
        if not self._hear(ours, answers, 3 + len(marks)):
            return
        if before_quit is not None:
            before_quit()
        self._send(ours, b"QUIT")

    @staticmethod
    def _hear(ours, answers, count):
        """Until so many answers are there. False at an end before."""
        try:
            while len(answers) < count:
                answers.append(ours.line())
            return True
        except pop3.Gone:
            return False

    def recover(self, fault=None, record="", visit=None):
        """pop3-handler --recover"""
        outcome = Outcome()
        with open(os.devnull, "r+b") as null:
            pid = self.start(["--recover"], fault, "start", record,
                             null.fileno())
            self.finish(pid, outcome, visit, record)
        return outcome
