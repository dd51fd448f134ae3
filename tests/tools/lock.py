#!/usr/bin/env python3
"""Holds a lock of a mailbox, as a delivery agent does, or tries to.

usage: lock.py hold fcntl|flock|dotlock FILE UNTIL
       lock.py try fcntl|flock|dotlock FILE

Holds a lock as a delivery agent does (UNTIL.held then exists) until the file
UNTIL exists, or tells whether the lock can be had now.
"""
import sys

import locks


def main():
    mode, kind, path = sys.argv[1:4]
    held = locks.take(kind, path)
    if held is None:
        sys.exit(f"{kind} of {path} is held by another")
    if mode == "hold":
        locks.hold_until(sys.argv[4])
    locks.drop(kind, path)


main()
