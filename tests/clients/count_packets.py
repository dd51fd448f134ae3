#!/usr/bin/env python3
"""Counts the handler's packets.

usage: count_packets.py COMMAND... <SCRIPT

Logs in, sends the script in one packet, prints how many packets came back and
then what they held.
"""
import sys

import pop3


def main():
    # One send of the handler is one packet.
    c = pop3.start(sys.argv[1:], pop3.packets)
    c.log_in()
    script = sys.stdin.buffer.read()
    # the handler reads at most so much, and the rest of a packet is lost
    if len(script) > 4096:
        sys.exit("script too long for one packet")
    c.put(script)
    packets = []
    while packet := c.some(1 << 20):
        packets.append(packet)
    print(len(packets), "packets", flush=True)
    sys.stdout.buffer.write(b"".join(packets))
    sys.exit(c.wait())


main()
