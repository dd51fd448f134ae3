/* What the clients of the bench have in common. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#define PASSWORD "secret"

/* Nanoseconds of a clock that only goes on. */
uint64_t now(void);

/* Connects to a port of 127.0.0.1: the descriptor. Ends the program if that
 * fails. `source` chooses our address: one of 127.0.0.0/8 for each number but
 * 0, which is the usual one. */
int dial(const char *port, unsigned source);

/* Reads one line: whether it begins with +. False if the server hung up. */
bool hear(int fd);

/* Sends a command and its argument, unless that is NULL; then as hear(). */
bool ask(int fd, const char *verb, const char *argument);

#endif
