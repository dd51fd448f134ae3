/*
 * usage: sendfile FILE SIZE
 *
 * A measure for RETR: a server on standard input and output that answers RETR
 * N with the N-th SIZE octets of FILE, by sendfile, and everything else with
 * +OK. FILE holds messages as they are on the wire, ends included.
 */
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static const char ok[] = "+OK\r\n";

static void
answer(int flags)
{
	if (send(STDOUT_FILENO, ok, sizeof(ok) - 1, MSG_NOSIGNAL | flags) == -1)
		err(1, "cannot answer");
}

static void
retrieve(int file, off_t size, off_t number)
{
	off_t at = (number - 1) * size, end = at + size;

	answer(MSG_MORE);
	while (at < end)
		if (sendfile(STDOUT_FILENO, file, &at, (size_t)(end - at)) <= 0)
			err(1, "sendfile");
}

int
main(int argc, char **argv)
{
	int file = argc == 3 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	char line[512];
	int one = 1;

	if (file == -1)
		err(2, "usage: sendfile FILE SIZE");
	setsockopt(STDOUT_FILENO, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	answer(0);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strncmp(line, "RETR ", 5) == 0)
			retrieve(file, (off_t)strtoull(argv[2], NULL, 10),
			    (off_t)strtoull(line + 5, NULL, 10));
		else
			answer(0);
		if (strncmp(line, "QUIT", 4) == 0)
			break;
	}
	return 0;
}
