#!/usr/bin/env python3
"""usage: mmap_writer.py MAILBOX COMMAND...

Reads message 1, and has its last octets changed by another program that leaves
no trace in the file's times, as one does that is inside a long write(2): what
it stores into pages that are dirty already. Prints all that came.
"""
import mmap
import os
import sys
import time

from pop3 import log_in, read_all, start


def main():
    process, ours = start(sys.argv[2:])
    log_in(ours.makefile("rwb"))
    fd = os.open(sys.argv[1], os.O_RDWR)
    pages = mmap.mmap(fd, 0)
    for at in range(0, len(pages), mmap.PAGESIZE):
        pages[at] = pages[at]
    time.sleep(0.1)
    ours.sendall(b"RETR 1\r\nQUIT\r\n")
    sys.stdout.buffer.write(ours.recv(4096))
    pages[-1000:-500] = b"X" * 500
    sys.stdout.buffer.write(read_all(ours))
    process.wait()


main()
