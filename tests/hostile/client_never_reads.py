#!/usr/bin/env python3
"""A client that asks and never reads.

usage: client_never_reads.py COMMAND...

Asks for message 1 again and again, never reads, and waits for the server to
end.
"""
import sys

import pop3


def main():
    c = pop3.start(sys.argv[1:])
    c.log_in()
    c.send(b"DELE 2", *[b"RETR 1"] * 100, b"QUIT")
    sys.exit(c.wait(100))


main()
