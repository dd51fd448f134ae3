#!/usr/bin/env python3
"""A client that closes its sending side first.

usage: half_close.py COMMAND... <SCRIPT

Sends the script, closes its sending side, then prints all that came back.
"""
import sys

import pop3


def main():
    c = pop3.start(sys.argv[1:])
    c.put(sys.stdin.buffer.read())
    c.shut()
    sys.stdout.buffer.write(c.rest())
    sys.exit(c.wait())


main()
