#!/usr/bin/env python3
"""usage: slow_writer.py COMMAND...

Sends a line that never ends, an octet at a time, until the server hangs up,
then prints what it said.
"""
import sys
import time

from pop3 import read_all, start


def main():
    process, ours = start(sys.argv[1:])
    try:
        # against hanging only: it would take five minutes
        for _ in range(3000):
            ours.send(b"x")
            time.sleep(0.1)
        sys.exit("not dropped")
    except (BrokenPipeError, ConnectionResetError):
        pass
    sys.stdout.buffer.write(read_all(ours))
    sys.exit(process.wait())


main()
