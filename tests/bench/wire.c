#include "wire.h"

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

uint64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int
dial(const char *port, unsigned source)
{
	struct sockaddr_in at = { .sin_family = AF_INET }, from = at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	at.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + source);
	if (fd == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == -1 ||
	    (source != 0 &&
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) == -1) ||
	    connect(fd, (struct sockaddr *)&at, sizeof(at)) == -1)
		err(1, "port %s", port);
	return fd;
}

bool
hear(int fd)
{
	char line[512];
	size_t length = 0;
	ssize_t got;

	do {
		got = recv(fd, line + length, sizeof(line) - length, 0);
		length += got > 0 ? (size_t)got : 0;
	} while (got > 0 && line[length - 1] != '\n');
	return got > 0 && line[0] == '+';
}

bool
ask(int fd, const char *verb, const char *argument)
{
	char line[256];
	int length = snprintf(line, sizeof(line), "%s%s%s\r\n", verb,
	    argument != NULL ? " " : "", argument != NULL ? argument : "");

	return length < (int)sizeof(line) &&
	    send(fd, line, (size_t)length, MSG_NOSIGNAL) == length && hear(fd);
}
