#!/usr/bin/env python3
"""A client that sends random octets.

usage: random_input.py COMMAND...

Sends lines of random octets after login: each must get one -ERR line.
"""
import random
import sys

import pop3

LINES = 500


def random_line(source):
    """Surely no command: random, and with an 8-bit octet."""
    length = source.choice((1, 7, 80, 254, 255, 256, 2000, 5000))
    octets = bytearray(source.randbytes(length))
    octets[source.randrange(length)] |= 0x80
    return bytes(octets).replace(b"\n", b"\0")


def main():
    # the same each time
    source = random.Random(1939)
    c = pop3.start(sys.argv[1:])
    c.log_in()
    for n in range(LINES):
        answer = c.ask(random_line(source))
        if not answer.startswith(b"-ERR "):
            sys.exit(f"line {n}: {answer!r}")
    c.send(b"STAT", b"QUIT")
    rest = c.rest().splitlines()
    if len(rest) != 2 or rest[0] != b"+OK 1 120":
        sys.exit(f"at the end: {rest!r}")
    sys.exit(c.wait())


main()
