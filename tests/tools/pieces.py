#!/usr/bin/env python3
"""usage: pieces.py COMMAND... <SCRIPT

Sends the script one octet a packet, then prints all that came back.
"""
import sys

from child import read_all, start


def main():
    process, ours = start(sys.argv[1:])
    for octet in sys.stdin.buffer.read():
        ours.send(bytes((octet,)))
    sys.stdout.buffer.write(read_all(ours))
    sys.exit(process.wait())


main()
