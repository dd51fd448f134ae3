#!/usr/bin/env python3
"""usage: client_never_reads.py COMMAND...

Asks for message 1 again and again, never reads, and waits for the server to
end.
"""
import sys

from pop3 import log_in, start


def main():
    process, ours = start(sys.argv[1:])
    log_in(ours.makefile("rwb"))
    ours.sendall(b"DELE 2\r\n" + b"RETR 1\r\n" * 100 + b"QUIT\r\n")
    sys.exit(process.wait(timeout=100))


main()
