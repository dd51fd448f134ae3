#!/usr/bin/env python3
"""usage: refused.py ADDRESS FILE COMMAND...

Says what is in FILE to the command over loopback, from ADDRESS, and waits for
its end.
"""
import socket
import subprocess
import sys


def main():
    address, said = sys.argv[1:3]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    listener.bind((address, 0))
    listener.listen()
    ours = socket.create_connection(listener.getsockname()[:2])
    theirs, _ = listener.accept()
    process = subprocess.Popen(sys.argv[3:], stdin=theirs, stdout=theirs)
    theirs.close()
    with open(said, "rb") as file:
        ours.sendall(file.read())
    while ours.recv(4096):
        pass
    sys.exit(process.wait())


main()
