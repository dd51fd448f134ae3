#!/usr/bin/env python3
"""usage: random_input.py COMMAND...

Sends lines of random octets after login: each must get one -ERR line.
"""
import random
import sys

from pop3 import log_in, start

LINES = 500


def random_line(source):
    """A line that is surely no command: random, and with an 8-bit octet."""
    length = source.choice((1, 7, 80, 254, 255, 256, 2000, 5000))
    octets = bytearray(source.randbytes(length))
    octets[source.randrange(length)] |= 0x80
    return bytes(octets).replace(b"\n", b"\0")


def main():
    # the same each time
    source = random.Random(1939)
    process, ours = start(sys.argv[1:])
    lines = ours.makefile("rwb")
    log_in(lines)
    for n in range(LINES):
        lines.write(random_line(source) + b"\r\n")
        lines.flush()
        answer = lines.readline()
        if not answer.startswith(b"-ERR ") or not answer.endswith(b"\r\n"):
            sys.exit(f"line {n}: {answer!r}")
    lines.write(b"STAT\r\nQUIT\r\n")
    lines.flush()
    rest = lines.read().splitlines()
    if len(rest) != 2 or rest[0] != b"+OK 1 120":
        sys.exit(f"at the end: {rest!r}")
    sys.exit(process.wait())


main()
