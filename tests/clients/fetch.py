#!/usr/bin/env python3
"""usage: fetch.py DIRECTORY COMMAND...

Retrieves every message, and fails if any number the server tells is not true.
"""
import os
import sys

from pop3 import log_in, start


def ask(lines, command):
    lines.write(command.encode() + b"\r\n")
    lines.flush()
    answer = lines.readline()
    if not answer.startswith(b"+OK") or not answer.endswith(b"\r\n"):
        sys.exit(f"{command}: {answer!r}")
    return answer.decode("ascii").split()


def body(lines):
    pieces = []
    while True:
        line = lines.readline()
        if not line.endswith(b"\n"):
            sys.exit("broken off")
        # a long line comes in one piece; a bare LF must not come at all
        if not line.endswith(b"\r\n"):
            sys.exit(f"bare LF in {line[-80:]!r}")
        if line == b".\r\n":
            return b"".join(pieces)
        pieces.append(line[1:] if line.startswith(b".") else line)


def listed(lines, command):
    ask(lines, command)
    return [line.split(b" ", 1) for line in body(lines).splitlines()]


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


def fetch(directory, lines):
    count, octets = map(int, ask(lines, "STAT")[1:3])
    sizes = listed(lines, "LIST")
    ids = listed(lines, "UIDL")
    check(len(sizes) == len(ids) == count, "STAT, LIST and UIDL differ")
    check(sum(int(size) for _, size in sizes) == octets, "STAT's sum")
    os.mkdir(directory)
    for n, ((number, size), (again, _)) in enumerate(zip(sizes, ids), 1):
        check(int(number) == int(again) == n, "numbers of", n)
        answer = ask(lines, f"RETR {n}")
        check(answer[1:] == [size.decode(), "octets"], answer)
        message = body(lines)
        check(len(message) == int(size), "RETR", n, "sent", len(message),
              "octets, not", int(size))
        with open(os.path.join(directory, str(n)), "wb") as file:
            file.write(message)
        if len(message) < 1 << 20:
            for lines_wanted in 0, 1, 2, 999999999:
                ask(lines, f"TOP {n} {lines_wanted}")
                check(body(lines) == top(message, lines_wanted), "TOP", n,
                      lines_wanted)
    with open(os.path.join(directory, "uidl"), "wb") as file:
        file.write(b"".join(uid + b"\n" for _, uid in ids))
    ask(lines, "QUIT")


def main():
    process, ours = start(sys.argv[2:])
    lines = ours.makefile("rwb")
    log_in(lines)
    fetch(sys.argv[1], lines)
    check(lines.read() == b"", "more after QUIT")
    check(process.wait() == 0, "exit status", process.returncode)


main()
