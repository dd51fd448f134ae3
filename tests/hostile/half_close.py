#!/usr/bin/env python3
"""usage: half_close.py COMMAND... <SCRIPT

Sends the script, closes its sending side, then prints all that came back.
"""
import socket
import sys

from pop3 import read_all, start


def main():
    process, ours = start(sys.argv[1:])
    ours.sendall(sys.stdin.buffer.read())
    ours.shutdown(socket.SHUT_WR)
    sys.stdout.buffer.write(read_all(ours))
    sys.exit(process.wait())


main()
