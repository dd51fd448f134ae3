#!/usr/bin/env python3
"""usage: count_packets.py COMMAND... <SCRIPT

Logs in, sends the script in one packet, prints how many packets came back and
then what they held.
"""
import socket
import sys

from pop3 import start


def main():
    # Packets of this kind keep their limits: one send of the handler is one.
    process, ours = start(sys.argv[1:], socket.SOCK_SEQPACKET)
    ours.recv(65536)
    for command in b"USER mrose", b"PASS secret":
        ours.send(command + b"\r\n")
        if not ours.recv(65536).startswith(b"+OK"):
            sys.exit("no login")
    script = sys.stdin.buffer.read()
    # the handler reads at most so much, and the rest of a packet is lost
    if len(script) > 4096:
        sys.exit("script too long for one packet")
    ours.send(script)
    packets = []
    while packet := ours.recv(1 << 20):
        packets.append(packet)
    print(len(packets), "packets", flush=True)
    sys.stdout.buffer.write(b"".join(packets))
    sys.exit(process.wait())


main()
