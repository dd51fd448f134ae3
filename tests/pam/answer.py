#!/usr/bin/env python3
"""usage: answer.py SOCKET OWNER FILE HEX|silence|slowly

A server of saslauthd's wire format that answers every question with the same
octets, with nothing, or with OK, an octet at a time. FILE gets the questions."""
import os
import pwd
import socket
import sys
import time


def main():
    path, owner, file, how = sys.argv[1:]
    os.umask(0o177)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    os.chown(path, pwd.getpwnam(owner).pw_uid, 0)
    server.listen()
    open_for_ever = []
    while True:
        asker, _ = server.accept()
        with open(file, "ab") as log:
            log.write(asker.recv(4096))
        if how == "silence":
            open_for_ever.append(asker)
            continue
        octets = b"\x00\x02OK" if how == "slowly" else bytes.fromhex(how)
        try:
            for i in range(len(octets)):
                asker.sendall(octets[i:i + 1])
                time.sleep(0.01)
        except OSError:
            pass
        asker.close()


main()
