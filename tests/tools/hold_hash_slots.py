#!/usr/bin/env python3
"""Holds places where passwords are hashed.

usage: hold_hash_slots.py FILE FIRST COUNT UNTIL

Holds so many of the places where passwords are hashed (auth/hash_slot.h), from
FIRST on; UNTIL.held then exists. Until the file UNTIL does.
"""
import fcntl
import os
import struct
import sys

import locks

F_OFD_SETLK = 37


def main():
    path, first, count, until = sys.argv[1:]
    fd = os.open(path, os.O_RDWR)
    lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, int(first),
                       int(count), 0)
    if int(count) > 0:      # 0 would be all that there are
        fcntl.fcntl(fd, F_OFD_SETLK, lock)
    locks.hold_until(until)


main()
