#!/usr/bin/env python3
"""A client that reads a message slowly.

usage: slow_reader.py SECONDS COMMAND...

Reads message 1 so slowly that it takes longer than SECONDS, but never stops
for long, then prints all that came.
"""
import sys
import time

import pop3


def main():
    c = pop3.start(sys.argv[2:])
    c.log_in()
    c.send(b"RETR 1", b"QUIT")
    began = time.monotonic()
    while time.monotonic() - began < float(sys.argv[1]):
        sys.stdout.buffer.write(c.some(4096))
        time.sleep(0.1)
    sys.stdout.buffer.write(c.rest())
    sys.exit(c.wait())


main()
