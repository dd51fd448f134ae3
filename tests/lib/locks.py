"""The locks of a mailbox, as another program takes them, and how it holds them
for a test."""
import errno
import fcntl
import os
import time

PATIENCE = 120      # seconds: not for ever, should the test have ended


def _take_dotlock(path):
    try:
        os.close(os.open(path + ".lock", os.O_CREAT | os.O_EXCL | os.O_WRONLY,
                         0o644))
    except FileExistsError:
        return None
    return True


def take(kind, path):
    """A "dotlock", "fcntl" or "flock", without waiting: something to keep while
    it is held, None if another has it."""
    if kind == "dotlock":
        return _take_dotlock(path)
    call = {"fcntl": fcntl.lockf, "flock": fcntl.flock}[kind]
    file = open(path, "r+b")
    try:
        call(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        file.close()
        return None
    return file


def drop(kind, path):
    """The kernel's locks go when we end."""
    if kind == "dotlock":
        os.unlink(path + ".lock")


def hold_until(until):
    """Says by the file UNTIL.held that all is held; waits for UNTIL."""
    with open(until + ".held", "w", encoding="ascii"):
        pass
    end = time.monotonic() + PATIENCE
    while not os.path.exists(until) and time.monotonic() < end:
        time.sleep(0.02)
