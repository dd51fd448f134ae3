#!/usr/bin/env python3
"""usage: ask.py SOCKET PART... | ask.py SOCKET --octets HEX

Asks a server of saslauthd's wire format, with parts or with any octets; prints
the answer's text, or "closed" if there is none."""
import socket
import sys


def main():
    path, *parts = sys.argv[1:]
    if parts[0] == "--octets":
        octets = bytes.fromhex(parts[1])
    else:
        octets = b"".join(len(part).to_bytes(2, "big") + part.encode()
                          for part in parts)
    with socket.socket(socket.AF_UNIX) as server:
        server.settimeout(60)
        server.connect(path)
        said = b""
        try:
            server.sendall(octets)
            server.shutdown(socket.SHUT_WR)
            while more := server.recv(4096):
                said += more
        except (BrokenPipeError, ConnectionResetError):
            pass
    if len(said) >= 2 and len(said) == 2 + int.from_bytes(said[:2], "big"):
        print(said[2:].decode())
    else:
        print("closed" if not said else f"nonsense: {said!r}")


main()
