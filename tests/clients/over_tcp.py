#!/usr/bin/env python3
"""A session over TCP, from an address.

usage: over_tcp.py ADDRESS LISTENING-ADDRESS COMMAND... <SCRIPT

Says the script to the command over loopback, connecting to ADDRESS, and waits
for its end.
"""
import sys

import pop3


def main():
    c = pop3.start(sys.argv[3:], pop3.loopback(*sys.argv[1:3]))
    c.put(sys.stdin.buffer.read())
    while c.some():
        pass
    sys.exit(c.wait(60))


main()
