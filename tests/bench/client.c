/*
 * usage: client PORT COMMAND...
 *
 * A POP3 client of 127.0.0.1 that sends each command when the one before was
 * answered, and measures. "RETR 1-20" is twenty commands. Prints a line for
 * the greeting, for each COMMAND, and for the whole, from connect to the end
 * of the connection: nanoseconds, octets received, and + or - as the server
 * answered (- if it did so once).
 */
#include <arpa/inet.h>
#include <err.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_SECONDS 120	/* for a server that stopped answering */

static const char multiline_end[] = "\r\n.\r\n";
#define END_SIZE (sizeof(multiline_end) - 1)

struct phase {
	uint64_t octets;
	char status;
};

static char buffer[256 * 1024];

static uint64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int
dial(const char *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	at.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == -1 ||
	    connect(fd, (struct sockaddr *)&at, sizeof(at)) == -1)
		err(1, "port %s", port);
	return fd;
}

/* Whether what ends with these octets is a whole response. In a lock-step
 * conversation nothing follows it. */
static bool
is_whole(const char *end, size_t length, bool multiline)
{
	size_t want = multiline ? END_SIZE : 2;

	return length >= want && memcmp(end - want,
	    multiline_end + END_SIZE - want, want) == 0;
}

/* Reads one response. The last octets of a piece are kept before the next. */
static void
receive(int fd, bool multiline, struct phase *phase)
{
	size_t kept = 0, got = 0;
	bool is_first = true;

	do {
		ssize_t n;

		if (got > END_SIZE) {
			kept = END_SIZE;
			memmove(buffer, buffer + got - kept, kept);
		} else
			kept = got;
		n = recv(fd, buffer + kept, sizeof(buffer) - kept, 0);
		if (n <= 0)
			errx(1, "the server hung up");
		if (is_first && buffer[0] == '-')
			phase->status = '-';
		multiline = multiline && !(is_first && buffer[0] == '-');
		is_first = false;
		phase->octets += (uint64_t)n;
		got = kept + (size_t)n;
	} while (!is_whole(buffer + got, got, multiline));
}

static void
converse(int fd, const char *command, struct phase *phase)
{
	bool multiline = strncmp(command, "RETR ", 5) == 0 ||
	    strcmp(command, "UIDL") == 0 || strcmp(command, "LIST") == 0;
	char line[256];
	int length = snprintf(line, sizeof(line), "%s\r\n", command);

	if (length >= (int)sizeof(line) ||
	    send(fd, line, (size_t)length, MSG_NOSIGNAL) != length)
		errx(1, "cannot send %s", command);
	receive(fd, multiline, phase);
}

/* "VERB FROM-TO" is a command for each number; others are one. */
static void
perform(int fd, const char *command, struct phase *phase)
{
	unsigned from, to;
	char verb[16], one[32];

	if (sscanf(command, "%15s %u-%u", verb, &from, &to) != 3) {
		converse(fd, command, phase);
		return;
	}
	for (unsigned i = from; i <= to; i++) {
		snprintf(one, sizeof(one), "%s %u", verb, i);
		converse(fd, one, phase);
	}
}

static void
report(uint64_t began, const struct phase *phase)
{
	printf("%" PRIu64 " %" PRIu64 " %c\n", now() - began, phase->octets,
	    phase->status);
}

int
main(int argc, char **argv)
{
	struct phase all = { .status = '+' }, phase = all;
	uint64_t start = now(), began = start;
	int fd;

	if (argc < 3)
		errx(2, "usage: client PORT COMMAND...");
	alarm(LIMIT_SECONDS);
	fd = dial(argv[1]);
	receive(fd, false, &phase);
	for (int i = 2;; i++) {
		report(began, &phase);
		all.octets += phase.octets;
		if (phase.status == '-')
			all.status = '-';
		if (i >= argc)
			break;
		phase = (struct phase){ .status = '+' };
		began = now();
		perform(fd, argv[i], &phase);
	}
	while (recv(fd, buffer, sizeof(buffer), 0) > 0)
		;
	report(start, &all);
	return 0;
}
