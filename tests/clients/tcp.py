#!/usr/bin/env python3
"""usage: tcp.py ADDRESS LISTENING-ADDRESS COMMAND...

Says QUIT to the command over loopback, connecting to ADDRESS.
"""
import socket
import subprocess
import sys


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def main():
    address, listening = sys.argv[1:3]
    listener = socket.socket(family(listening))
    if listening == "::":
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind((listening, 0))
    listener.listen()
    ours = socket.socket(family(address))
    ours.connect((address, listener.getsockname()[1]))
    theirs, _ = listener.accept()
    process = subprocess.Popen(sys.argv[3:], stdin=theirs, stdout=theirs)
    theirs.close()
    ours.sendall(b"QUIT\r\n")
    sys.exit(process.wait(timeout=60))


main()
