/*
 * usage: client [--tls SESSION] PORT COMMAND...
 *
 * A POP3 client of 127.0.0.1 that sends each command when the one before was
 * answered, and measures. "RETR 1-20" is twenty commands. Prints a line for
 * the greeting, for each COMMAND, and for the whole, from connect to the end
 * of the connection: nanoseconds, octets received, and + or - as the server
 * answered (- if it did so once).
 *
 * With --tls all is inside TLS, whose handshake counts as the greeting's. The
 * session in the file SESSION is resumed, if there is one, and must be; the
 * next one is left there. What the library takes to start is not measured.
 *
 * Not tests/lib/pop3.py: what is measured is a millisecond and many GB/s, and
 * the client must take as good as nothing of it.
 */
#include <err.h>
#include <inttypes.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

#define LIMIT_SECONDS 120	/* for a server that stopped answering */

static const char multiline_end[] = "\r\n.\r\n";
#define END_SIZE (sizeof(multiline_end) - 1)

struct phase {
	uint64_t octets;
	char status;
};

static char buffer[256 * 1024];

/* NULL without TLS. */
static SSL *tls;
static const char *session_file;

/* Of each session that the server offers the last is kept. */
static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	FILE *file = fopen(session_file, "w");

	(void)ssl;
	if (file == NULL || PEM_write_SSL_SESSION(file, session) != 1 ||
	    fclose(file) != 0)
		err(1, "%s", session_file);
	return 0;
}

static void
prepare_tls(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	FILE *file = fopen(session_file, "r");

	if (context == NULL)
		errx(1, "no TLS");
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(context, keep_session);
	tls = SSL_new(context);
	if (file != NULL) {
		SSL_set_session(tls, PEM_read_SSL_SESSION(file, NULL, NULL,
		    NULL));
		fclose(file);
	}
}

static void
start_tls(int fd)
{
	bool resumes = SSL_get_session(tls) != NULL;

	if (SSL_set_fd(tls, fd) != 1 || SSL_connect(tls) != 1)
		errx(1, "no handshake");
	if (SSL_session_reused(tls) != resumes)
		errx(1, "the session was not resumed");
}

static ssize_t
get(int fd, char *at, size_t length)
{
	return tls == NULL ? recv(fd, at, length, 0)
	    : SSL_read(tls, at, (int)length);
}

static ssize_t
put(int fd, const char *at, size_t length)
{
	return tls == NULL ? send(fd, at, length, MSG_NOSIGNAL)
	    : SSL_write(tls, at, (int)length);
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
		n = get(fd, buffer + kept, sizeof(buffer) - kept);
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
	    put(fd, line, (size_t)length) != length)
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
	uint64_t start, began;
	int fd;

	alarm(LIMIT_SECONDS);
	if (argc > 2 && strcmp(argv[1], "--tls") == 0) {
		session_file = argv[2];
		argc -= 2;
		argv += 2;
		prepare_tls();
	}
	if (argc < 3)
		errx(2, "usage: client [--tls SESSION] PORT COMMAND...");
	start = began = now();
	fd = dial(argv[1], 0);
	if (tls != NULL)
		start_tls(fd);
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
	while (get(fd, buffer, sizeof(buffer)) > 0)
		;
	report(start, &all);
	return 0;
}
