/*
 * What a process was started with: one connection (inetd's `nowait`, systemd's
 * Accept=yes), or sockets that wait for connections (`wait`, Accept=no).
 *
 * systemd passes descriptors from 3 on, with names (sd_listen_fds(3)); inetd
 * passes 0 and 1. A listener that starts us anew for a connection (listener/)
 * passes as systemd does; what may not be opened by name any more it passes,
 * too.
 */
#ifndef PASSED_H
#define PASSED_H

#include <stdbool.h>

#define PASSED_SOCKETS_MAX 8

struct passed_socket {
	int fd;
	bool is_implicit;	/* inside TLS: its name begins with "pop3s" */
};

/* A descriptor that was not passed is -1. */
struct passed {
	int in, out;		/* the connection */
	struct passed_socket sockets[PASSED_SOCKETS_MAX];
	unsigned socket_count;
	int accounts, certificate, key;		/* files */
	int login;		/* whoever waits at its other end is told that
				   somebody has logged in */
};

/* The names in LISTEN_FDNAMES. */
#define PASSED_CONNECTION "connection"
#define PASSED_ACCOUNTS "accounts"
#define PASSED_CERTIFICATE "tls-cert"
#define PASSED_KEY "tls-key"
#define PASSED_LOGIN "login"

/* False after a log line: neither one connection nor sockets. */
bool passed_find(struct passed *);

#endif
