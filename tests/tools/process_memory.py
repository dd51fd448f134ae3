#!/usr/bin/env python3
"""Writes what is in a process's memory to standard output.

usage: process_memory.py PID
"""
import sys


def main():
    pid = sys.argv[1]
    with open(f"/proc/{pid}/maps", encoding="ascii",
              errors="replace") as maps, \
            open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            words = line.split()
            low, high = (int(word, 16) for word in words[0].split("-"))
            if "r" not in words[1] or words[-1] in ("[vvar]", "[vsyscall]",
                                                    "[vvar_vclock]"):
                continue
            memory.seek(low)
            sys.stdout.buffer.write(memory.read(high - low))


main()
