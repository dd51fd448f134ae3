#!/usr/bin/env python3
"""usage: slow_preauth.py SECONDS COMMAND...

An unauthenticated client on a TCP connection, which has more to say than can be answered, and
reads the answers slowly. Says whether the handler still is there after so many
seconds.
"""
import socket
import subprocess
import sys
import time


def connect(words):
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.socket()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        ours.connect(server.getsockname())
        theirs, _ = server.accept()
    with theirs:
        return subprocess.Popen(words, stdin=theirs, stdout=theirs), ours


def talk(process, ours, seconds):
    words = b"CAPA\r\n" * 700000
    until = time.monotonic() + seconds
    ours.setblocking(False)
    while time.monotonic() < until and process.poll() is None:
        try:
            while words:
                words = words[ours.send(words[:65536]):]
        except BlockingIOError:
            pass
        try:
            ours.recv(2000)
        except BlockingIOError:
            pass
        time.sleep(0.1)


def main():
    process, ours = connect(sys.argv[2:])
    try:
        talk(process, ours, float(sys.argv[1]))
    except ConnectionError:
        pass
    try:
        process.wait(1)
        print("gone")
    except subprocess.TimeoutExpired:
        print("still there")
    ours.close()
    process.wait()


main()
