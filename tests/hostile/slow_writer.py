#!/usr/bin/env python3
"""A client that sends a line slowly.

usage: slow_writer.py COMMAND...

Sends a line that never ends, an octet at a time, until the server hangs up,
then prints what it said.
"""
import sys
import time

import pop3


def main():
    c = pop3.start(sys.argv[1:])
    try:
        # against hanging only: it would take five minutes
        for _ in range(3000):
            c.put(b"x")
            time.sleep(0.1)
        sys.exit("not dropped")
    except pop3.Gone:
        pass
    sys.stdout.buffer.write(c.rest())
    sys.exit(c.wait())


main()
