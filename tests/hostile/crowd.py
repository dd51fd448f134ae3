#!/usr/bin/env python3
"""Many clients of port 110, each from a loopback address of its own.

usage: crowd.py silent|gone|burst|row COUNT [NAME]

silent	connect, and stay until standard input ends; "here" when all are
gone	connect and close at once, one after the other
burst	all at the same time: hear the greeting, and QUIT
row	one after the other: log in as NAME with the password "secret", and QUIT

Fails if burst or row hear anything else than +OK.
"""
import selectors
import socket
import sys

SERVER = ("127.0.0.1", 110)


def address(n):
    return "127.1.%d.%d" % (n // 200, n % 200 + 1)


def connect(n):
    return socket.create_connection(SERVER, 60, (address(n), 0))


def silent(count):
    clients = [connect(n) for n in range(count)]
    print("here", flush=True)
    sys.stdin.read()
    del clients


def gone(count):
    for n in range(count):
        connect(n).close()


def expect_accepted(heard, count):
    lines = heard.split(b"\r\n")
    if len(lines) != count + 1 or not all(
            line.startswith(b"+OK") for line in lines[:-1]):
        sys.exit("heard %r" % heard)


def read_to_end(client):
    heard = b""
    while some := client.recv(65536):
        heard += some
    return heard


def burst(count):
    selector = selectors.DefaultSelector()
    heard = {}
    for n in range(count):
        client = connect(n)
        client.sendall(b"QUIT\r\n")
        selector.register(client, selectors.EVENT_READ)
        heard[client] = b""
    while heard:
        events = selector.select(60)
        if not events:
            sys.exit("%d hear nothing" % len(heard))
        for key, _ in events:
            some = key.fileobj.recv(65536)
            heard[key.fileobj] += some
            if not some:
                selector.unregister(key.fileobj)
                expect_accepted(heard.pop(key.fileobj), 2)


def row(count, name):
    for n in range(count):
        with connect(n) as client:
            client.sendall(b"USER %s\r\nPASS secret\r\nQUIT\r\n"
                           % name.encode())
            expect_accepted(read_to_end(client), 4)


def main():
    action, count = sys.argv[1], int(sys.argv[2])
    {"silent": silent, "gone": gone, "burst": burst, "row": row}[action](
        count, *sys.argv[3:])


main()
