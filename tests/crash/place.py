"""A maildrop with a handler of its own, and what can happen to it."""
import collections
import errno
import fcntl
import os
import re
import signal
import socket
import struct

import pop3

HEAD = struct.Struct("=cc2xiQQQ")
Event = collections.namedtuple("Event", "kind file error offset length data")

USER = "mrose"
# crypt(3) of "sesame": cheap, as it is checked thousands of times
HASH = "$1$crash$JmC5LHgMvd2LiqEPLfRBa/"
DEAD = 2147483647       # no process has this id
JOURNAL = "%journal"
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
        "FAULT_KINDS": ALL_KINDS,
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


class Place:
    def __init__(self, base, preload, owner=None, wrapper=()):
        """Made if it is not there, for the `owner` (uid, gid), who starts the
        handler by the words of the wrapper."""
        self.base = base
        self.preload = preload
        self.handler = None
        self.wrapper = wrapper
        self.state = os.path.join(base, "state")
        self.directory = os.path.join(base, "spool")
        self.spool = os.path.join(self.directory, USER)
        self.dotlock = self.spool + ".lock"
        self.name = self.spool.replace("/", "!")
        self.journal = os.path.join(self.state, self.name + JOURNAL)
        self.accounts = os.path.join(base, "accounts")
        self.record = os.path.join(base, "record")
        self.log = os.path.join(base, "log")
        for path in self.state, self.directory:
            os.makedirs(path, mode=0o700, exist_ok=True)
        uid, gid = owner or (os.geteuid(), os.getegid())
        with open(self.accounts, "w", encoding="utf-8") as file:
            file.write(f"{USER}:{HASH}:{uid}:{gid}::{base}:/bin/sh\n")
        os.chmod(self.accounts, 0o600)
        for path in self.state, self.directory, self.accounts:
            os.chown(path, uid, gid)

    # --- files

    def restart(self, content):
        """A mailbox with this content, and nothing else."""
        for name in os.listdir(self.state):
            os.unlink(os.path.join(self.state, name))
        self.put_file(self.dotlock, None)
        if os.path.lexists(self.spool):
            os.chmod(self.spool, 0o600)
        self.put_file(self.spool, content)

    @staticmethod
    def get_file(path):
        """Its content; of a link the target, as a str."""
        if os.path.islink(path):
            return os.readlink(path)
        try:
            with open(path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    @staticmethod
    def put_file(path, content):
        """The content under the same inode; None: no such file."""
        if content is None:
            try:
                os.unlink(path)
            except FileNotFoundError:
                pass
            return
        if isinstance(content, str):
            if os.path.lexists(path):
                os.unlink(path)
            os.symlink(content, path)
            return
        fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.ftruncate(fd, len(content))
            done = 0
            while done < len(content):
                done += os.pwrite(fd, content[done:], done)
        finally:
            os.close(fd)

    def snapshot(self):
        paths = [self.spool, self.dotlock] + [
            os.path.join(self.state, n) for n in os.listdir(self.state)]
        return {p: self.get_file(p) for p in paths}

    def put_back(self, snapshot):
        for name in os.listdir(self.state):
            path = os.path.join(self.state, name)
            if path not in snapshot:
                os.unlink(path)
        os.chmod(self.spool, 0o600)
        for path, content in snapshot.items():
            if path == self.dotlock and content:
                content = b"%d\n" % DEAD + content.partition(b"\n")[2]
            self.put_file(path, content)

    def dead_dotlock(self, is_empty):
        """As a session that died with its machine leaves it."""
        if is_empty:
            self.put_file(self.dotlock, b"")
            return
        host = socket.gethostname().encode()
        self.put_file(self.dotlock, b"%d\npop3-handler %s\n" % (DEAD, host))

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
        r, w, theirs, _ = pop3.stream()
        ours, outcome = pop3.Connection(r, w), Outcome()
        words = [f"--accounts={self.accounts}", f"--maildrop={self.spool}"]
        answers = []
        try:
            pid = self.start(words, fault, arm, record, theirs)
            os.close(theirs)
            self._talk(ours, answers, marks, before_quit)
            if visit is None:
                self._hear(ours, answers, 4 + len(marks))
            self.finish(pid, outcome, visit, record)
            self._hear(ours, answers, 4 + len(marks))
        finally:
            ours.hang_up()
        answers += [b""] * (4 + len(marks) - len(answers))
        outcome.login, outcome.quit = answers[2], answers[3 + len(marks)]
        return outcome

    @staticmethod
    def _send(ours, *lines):
        try:
            ours.send(*lines)
        except pop3.Gone:
            pass

    def _talk(self, ours, answers, marks, before_quit):
        lines = [b"USER mrose", b"PASS sesame"] + \
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

    # --- delivery

    def _take_dotlock(self):
        """As liblockfile does: one whose process is dead does not count."""
        for _ in range(2):
            try:
                fd = os.open(self.dotlock, os.O_WRONLY | os.O_CREAT |
                             os.O_EXCL, 0o600)
                os.write(fd, b"%d\n" % os.getpid())
                os.close(fd)
                return True
            except FileExistsError:
                words = (self.get_file(self.dotlock) or b"").split()
            if not words or not re.fullmatch(rb"[0-9]+", words[0]):
                return False
            try:
                os.kill(int(words[0]), 0)
                return False
            except ProcessLookupError:
                os.unlink(self.dotlock)
            except (PermissionError, OverflowError):
                return False
        return False

    def deliver(self, mail, locks=("dot", "fcntl")):
        """Appends under these locks, without waiting; whether it could."""
        if "dot" in locks and not self._take_dotlock():
            return False
        fd = os.open(self.spool, os.O_RDWR | os.O_APPEND)
        try:
            try:
                if "fcntl" in locks:
                    fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if "flock" in locks:
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    raise
                return False
            os.write(fd, mail)
            return True
        finally:
            os.close(fd)
            if "dot" in locks:
                os.unlink(self.dotlock)

    def tail(self, length):
        fd = os.open(self.spool, os.O_RDONLY)
        try:
            size = os.fstat(fd).st_size
            return os.pread(fd, length, max(0, size - length))
        finally:
            os.close(fd)
