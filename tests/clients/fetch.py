#!/usr/bin/env python3
"""A client that retrieves all, and checks each number it is told.

usage: fetch.py DIRECTORY COMMAND...

Retrieves every message, and fails if any number the server tells is not true.
"""
import os
import sys

import pop3


def listed(c, command):
    c.must(command)
    return [line.split(b" ", 1) for line in c.multi().splitlines()]


def check(true, *what):
    if not true:
        sys.exit(" ".join(map(str, what)))


def top(message, count):
    """What TOP n count must be, cut from what RETR sent."""
    header, empty, rest = message.partition(b"\r\n\r\n")
    if message.startswith(b"\r\n"):
        header, empty, rest = b"", b"\r\n", message[2:]
    return header + empty + b"".join(
        line + b"\r\n" for line in rest.split(b"\r\n")[:-1][:count])


def check_message(c, n, size, directory):
    answer = c.must(b"RETR %d" % n)
    check(answer.split()[1:] == [size, b"octets"], answer)
    message = c.multi()
    check(len(message) == int(size), "RETR", n, "sent", len(message),
          "octets, not", int(size))
    with open(os.path.join(directory, str(n)), "wb") as file:
        file.write(message)
    if len(message) < 1 << 20:
        for lines in 0, 1, 2, 999999999:
            c.must(b"TOP %d %d" % (n, lines))
            check(c.multi() == top(message, lines), "TOP", n, lines)


def fetch(directory, c):
    count, octets = map(int, c.must(b"STAT").split()[1:3])
    sizes = listed(c, b"LIST")
    ids = listed(c, b"UIDL")
    check(len(sizes) == len(ids) == count, "STAT, LIST and UIDL differ")
    check(sum(int(size) for _, size in sizes) == octets, "STAT's sum")
    os.mkdir(directory)
    for n, ((number, size), (again, _)) in enumerate(zip(sizes, ids), 1):
        check(int(number) == int(again) == n, "numbers of", n)
        check_message(c, n, size, directory)
    with open(os.path.join(directory, "uidl"), "wb") as file:
        file.write(b"".join(uid + b"\n" for _, uid in ids))
    c.must(b"QUIT")


def main():
    c = pop3.start(sys.argv[2:])
    c.log_in()
    fetch(sys.argv[1], c)
    check(c.rest() == b"", "more after QUIT")
    check(c.wait() == 0, "exit status", c.process.returncode)


main()
