#!/usr/bin/env python3
"""A program that writes to the mailbox before it is updated, without a trace.

usage: mmap_writer_before_update.py MAILBOX FROM TO COMMAND...

A session that reads the whole mailbox, since there is no list of it, and marks
message 2; then another program changes the mailbox in place and leaves no trace
in the file's times: a store into pages that are dirty already; then QUIT. FROM,
the text that becomes TO, is as long. Prints the answer to QUIT.
"""
import os
import sys

from mmap_writer import change, dirty_pages
import pop3


def main():
    path, before, after, *words = sys.argv[1:]
    fd = os.open(path, os.O_RDWR)
    pages = dirty_pages(fd)
    c = pop3.start(words)
    c.log_in()
    c.must(b"DELE 2")
    change(fd, pages, before.encode(), after.encode())
    print(c.ask(b"QUIT").decode())
    c.wait()


main()
