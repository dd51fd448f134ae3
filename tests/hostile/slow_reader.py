#!/usr/bin/env python3
"""usage: slow_reader.py SECONDS COMMAND...

Reads message 1 so slowly that it takes longer than SECONDS, but never stops
for long, then prints all that came.
"""
import sys
import time

from pop3 import log_in, read_all, start


def main():
    process, ours = start(sys.argv[2:])
    log_in(ours.makefile("rwb"))
    ours.sendall(b"RETR 1\r\nQUIT\r\n")
    began = time.monotonic()
    while time.monotonic() - began < float(sys.argv[1]):
        sys.stdout.buffer.write(ours.recv(4096))
        time.sleep(0.1)
    sys.stdout.buffer.write(read_all(ours))
    sys.exit(process.wait())


main()
