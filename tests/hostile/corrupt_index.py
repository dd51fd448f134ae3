#!/usr/bin/env python3
"""An index that was damaged, in every way that a file can be.

usage: corrupt_index.py INDEX OTHERS COMMAND...

Damages the index of mrose's mailbox in every way that a file can be, and holds
what the handler says then against what it says without one. OTHERS is a
directory of other files that may come to lie in its place.
"""
import os
import pathlib
import sys
import time

import pop3

# Where the messages begin (maildrop/mbox/index.c), and what one takes.
MESSAGES_AT = 192
MESSAGE_SIZE = 40


def answers(words, count):
    run = pop3.converse(words, b"STAT", b"LIST", b"UIDL", *(
        b"RETR %d" % (n + 1) for n in range(count)), b"QUIT")
    if run.returncode != 0:
        sys.exit(f"exit status {run.returncode}: {run.stderr!r}")
    return run.stdout


def flips(whole):
    """Each octet."""
    for at in range(len(whole)):
        # the lowest bit makes small numbers neighbours, the highest huge ones
        for bit in {1, 128} if at % MESSAGE_SIZE < 2 else {1 << at % 8}:
            damaged = bytearray(whole)
            damaged[at] ^= bit
            yield f"octet {at} ^ {bit}", bytes(damaged)


def others(whole, count, directory):
    for length in (0, 1, 47, 48, 64, 151, 152, 153, 4096, MESSAGES_AT - 1,
                   *(MESSAGES_AT + n * MESSAGE_SIZE for n in range(count)),
                   len(whole) - 8, len(whole) - 1):
        yield f"cut at {length}", whole[:length]
    yield "an octet more", whole + b"\0"
    yield "a message more", whole + whole[-MESSAGE_SIZE:]
    yield "NULs", bytes(len(whole))
    # what a write without the next may leave
    yield "no messages", whole[:MESSAGES_AT] + bytes(len(whole) - MESSAGES_AT)
    yield "no header", bytes(MESSAGES_AT) + whole[MESSAGES_AT:]
    for file in sorted(pathlib.Path(directory).iterdir()):
        yield f"the file {file.name}", file.read_bytes()


def main():
    index, directory, words = sys.argv[1], sys.argv[2], sys.argv[3:]
    open(index, "wb").close()
    time.sleep(0.1)     # the stamp is to prove something
    count = int(answers(words, 0).split(b"+OK ")[4].split()[0])
    whole = pathlib.Path(index).read_bytes()
    if len(whole) < MESSAGES_AT + count * MESSAGE_SIZE or count == 0:
        sys.exit("no index was written")
    os.truncate(index, 0)
    expected = answers(words, count)
    done = 0
    for what, damaged in (*flips(whole),
                          *others(whole, count, directory)):
        with open(index, "r+b") as file:
            file.truncate(0)
            file.write(damaged)
        if answers(words, count) != expected:
            sys.exit(f"{what}: other answers")
        done += 1
    print(f"{done} damaged ones")


main()
