#!/usr/bin/env python3
"""usage: lock.py hold fcntl|flock|dotlock FILE UNTIL
       lock.py try fcntl|flock|dotlock FILE

Holds a lock as a delivery agent does (UNTIL.held then exists) until the file
UNTIL exists, or tells whether the lock can be had now.
"""
import errno
import fcntl
import os
import sys
import time


def take(kind, path):
    """Something to keep while the lock is held; None if another has it."""
    if kind == "dotlock":
        try:
            os.close(os.open(path + ".lock",
                             os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
        except FileExistsError:
            return None
        return True
    file = open(path, "r+b")
    call = fcntl.lockf if kind == "fcntl" else fcntl.flock
    try:
        call(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        return None
    return file


def drop(kind, path):
    """The kernel's locks go when we end."""
    if kind == "dotlock":
        os.unlink(path + ".lock")


def main():
    mode, kind, path = sys.argv[1:4]
    held = take(kind, path)
    if held is None:
        sys.exit(f"{kind} of {path} is held by another")
    if mode == "hold":
        until = sys.argv[4]
        with open(until + ".held", "w", encoding="ascii"):
            pass
        # not for ever, should the test have ended
        for _ in range(6000):
            if os.path.exists(until):
                break
            time.sleep(0.02)
    drop(kind, path)


main()
