#!/usr/bin/env python3
"""A client that sends one octet a packet.

usage: byte_by_byte.py COMMAND... <SCRIPT

Sends the script one octet a packet, then prints all that came back.
"""
import sys

import pop3


def main():
    c = pop3.start(sys.argv[1:])
    for octet in sys.stdin.buffer.read():
        c.put(bytes((octet,)))
    sys.stdout.buffer.write(c.rest())
    sys.exit(c.wait())


main()
