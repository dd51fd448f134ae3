#!/usr/bin/env python3
"""Finds what must not be there in a process's memory: keys.

usage: find_secrets.py KEY TICKETS MEMORY

Looks for the secret numbers of a private key, for its text, and for the keys
of session tickets, in what process_memory.py has written. Prints what it finds;
exit status 1 if there is anything.
"""
import re
import subprocess
import sys

PIECE = 16      # as many octets are no coincidence


def numbers(key):
    """Each secret number, by name, in big-endian order."""
    text = subprocess.run(["openssl", "pkey", "-in", key, "-noout", "-text"],
                          capture_output=True, check=True, text=True).stdout
    for name, digits in re.findall(r"^(\w+):\n((?: +[0-9a-f:]+\n)+)", text,
                                   re.M):
        if name not in ("pub", "modulus"):
            yield name, bytes.fromhex(re.sub(r"[\s:]", "", digits))


def secrets(key, tickets):
    for name, number in numbers(key):
        yield name, number
        yield name + ", the other way round", number[::-1]
    with open(key, "rb") as file:
        private = file.read().partition(b"PRIVATE KEY-----\n")[2]
    yield "text", private.partition(b"-----END")[0]
    with open(tickets, "rb") as file:
        keys = file.read()
    for at in range(0, len(keys), 88):
        yield "ticket's cipher key", keys[at + 24:at + 56]
        yield "ticket's MAC key", keys[at + 56:at + 88]


def main():
    key, tickets, memory = sys.argv[1:]
    with open(memory, "rb") as file:
        memory = file.read()
    found = {name for name, secret in secrets(key, tickets)
             for at in range(0, len(secret) - PIECE + 1, PIECE // 2)
             if secret[at:at + PIECE] in memory}
    print("\n".join(sorted(found)))
    sys.exit(1 if found else 0)


main()
