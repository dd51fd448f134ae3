#!/usr/bin/env python3
"""usage: byte_by_byte.py COMMAND... <SCRIPT

Sends the script one octet a packet, then prints all that came back.
"""
import sys

from pop3 import read_all, start


def main():
    process, ours = start(sys.argv[1:])
    for octet in sys.stdin.buffer.read():
        ours.send(bytes((octet,)))
    sys.stdout.buffer.write(read_all(ours))
    sys.exit(process.wait())


main()
