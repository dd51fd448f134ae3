#!/usr/bin/env python3
"""A program that writes to a message while it is sent, without a trace.

usage: mmap_writer.py MAILBOX COMMAND...

Reads message 1, and has its last octets changed by another program that leaves
no trace in the file's times, as one does that is inside a long write(2): what
it stores into pages that are dirty already. Prints all that came.
"""
import mmap
import os
import sys
import time

import pop3


def main():
    c = pop3.start(sys.argv[2:])
    c.log_in()
    pages = dirty_pages(os.open(sys.argv[1], os.O_RDWR))
    c.send(b"RETR 1", b"QUIT")
    sys.stdout.buffer.write(c.some(4096))
    pages[-1000:-500] = b"X" * 500
    sys.stdout.buffer.write(c.rest())
    c.wait()


def dirty_pages(fd):
    """The file's, which the next store leaves no new time at."""
    pages = mmap.mmap(fd, 0)
    for at in range(0, len(pages), mmap.PAGESIZE):
        pages[at] = pages[at]
    time.sleep(0.1)
    return pages


def change(fd, pages, before, after):
    """Stores `after`, which is as long, where `before` is."""
    stamp = os.fstat(fd).st_ctime_ns
    at = pages.find(before)
    pages[at:at + len(after)] = after
    if os.fstat(fd).st_ctime_ns != stamp:
        sys.exit("the times tell of it")


if __name__ == "__main__":
    main()
