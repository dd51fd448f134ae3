#!/usr/bin/env python3
"""A client that reads slowly before it logs in, and never runs dry.

usage: slow_preauth.py SECONDS COMMAND...

An unauthenticated client on a TCP connection sends more commands than can be
answered, and reads the answers slowly. Says whether the handler still is there
after so many seconds.
"""
import os
import subprocess
import sys
import time

import pop3


def talk(c, seconds):
    words = b"CAPA\r\n" * 700000
    until = time.monotonic() + seconds
    while time.monotonic() < until and c.process.poll() is None:
        try:
            while words:
                words = words[os.write(c.w, words[:65536]):]
        except BlockingIOError:
            pass
        try:
            os.read(c.r, 2000)
        except BlockingIOError:
            pass
        time.sleep(0.1)


def main():
    c = pop3.start(sys.argv[2:], pop3.loopback(receive_buffer=2048))
    try:
        talk(c, float(sys.argv[1]))
    except ConnectionError:
        pass
    try:
        c.wait(1)
        print("gone")
    except subprocess.TimeoutExpired:
        print("still there")
    c.hang_up()
    c.wait()


main()
