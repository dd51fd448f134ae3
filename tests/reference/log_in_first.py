#!/usr/bin/env python3
"""The login before a server that has none, for clients that want one.

usage: log_in_first.py COMMAND...

Greets, takes any name and password, and becomes COMMAND.
"""
import os
import sys

CAPA = b"+OK\r\nTOP\r\nUIDL\r\nUSER\r\n.\r\n"


def line():
    """Octet by octet: what follows is COMMAND's."""
    read = b""
    while not read.endswith(b"\n"):
        octet = os.read(0, 1)
        if not octet:
            sys.exit(1)
        read += octet
    return read


os.write(1, b"+OK\r\n")
while True:
    word = line().split()[0].upper()
    os.write(1, CAPA if word == b"CAPA" else b"+OK\r\n")
    if word == b"PASS":
        os.execvp(sys.argv[1], sys.argv[1:])
