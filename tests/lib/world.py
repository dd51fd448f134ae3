"""The one world of a mailbox: in a directory of its own the spool of mrose, a
file of accounts, and the state directory that the handler keeps; and what other
programs do to it."""
import os
import re
import socket

from locks import take

USER = "mrose"
PASSWORD = b"sesame"
# crypt(3) of it: cheap, as it is checked thousands of times
HASH = "$1$crash$JmC5LHgMvd2LiqEPLfRBa/"
DEAD = 2147483647       # no process has this id
REDO_LOG = "%journal"


class World:
    def __init__(self, base, owner=None):
        """Made if it is not there, for the `owner` (uid, gid)."""
        self.base = base
        self.state = os.path.join(base, "state")
        self.directory = os.path.join(base, "spool")
        self.spool = os.path.join(self.directory, USER)
        self.dotlock = self.spool + ".lock"
        self.name = self.spool.replace("/", "!")
        self.redo_log = os.path.join(self.state, self.name + REDO_LOG)
        self.accounts = os.path.join(base, "accounts")
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
        """Appends under these locks ("dot", "fcntl", "flock"; "none" is none),
        without waiting; whether it could."""
        if "dot" in locks and not self._take_dotlock():
            return False
        held = []
        try:
            for kind in locks:
                if kind in ("fcntl", "flock"):
                    held.append(take(kind, self.spool))
            if None in held:
                return False
            with open(self.spool, "ab", 0) as file:
                file.write(mail)
            return True
        finally:
            for file in filter(None, held):
                file.close()
            if "dot" in locks:
                os.unlink(self.dotlock)

    def tail(self, length):
        fd = os.open(self.spool, os.O_RDONLY)
        try:
            size = os.fstat(fd).st_size
            return os.pread(fd, length, max(0, size - length))
        finally:
            os.close(fd)
