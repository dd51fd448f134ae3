/*
 * Lines in and octets out of the connection, over socket pairs. A packet
 * socket stands in where it matters what one read or one send carries.
 */
#include "connection/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.h"
#include "tests/unit/check.h"

#define SOON 100		/* milliseconds: nothing is expected */
#define LATE 5000		/* nothing takes so long */
#define STALL 300
#define TAKING 1000		/* far longer than a pause of a slow client */

/* The server's descriptors and the client's ends of them. */
struct wire {
	int in, out;
	int to_server, from_server;
	struct connection *connection;
};

static void
pair(int type, int *a, int *b)
{
	int fds[2];

	if (socketpair(AF_UNIX, type, 0, fds) == -1)
		abort();
	*a = fds[0];
	*b = fds[1];
}

/* SOCK_STREAM or SOCK_SEQPACKET for each direction; milliseconds. */
static void
wire_open_stall(struct wire *wire, int in_type, int out_type, int stall)
{
	pair(in_type, &wire->in, &wire->to_server);
	pair(out_type, &wire->out, &wire->from_server);
	wire->connection = connection_new(wire->in, wire->out, stall);
	if (wire->connection == NULL)
		abort();
}

static void
wire_open(struct wire *wire, int in_type, int out_type)
{
	wire_open_stall(wire, in_type, out_type, STALL);
}

static void
wire_close(struct wire *wire)
{
	connection_free(wire->connection);
	close(wire->in);
	close(wire->out);
	close(wire->to_server);
	close(wire->from_server);
}

static void
give(const struct wire *wire, const char *octets, size_t length)
{
	if (send(wire->to_server, octets, length, MSG_NOSIGNAL) !=
	    (ssize_t)length)
		abort();
}

#define GIVE(wire, word) give((wire), (word), sizeof(word) - 1)

static void
end_input(const struct wire *wire)
{
	if (shutdown(wire->to_server, SHUT_WR) == -1)
		abort();
}

static enum connection_status
read_within(const struct wire *wire, struct line *line, int64_t milliseconds)
{
	memset(line, 0x5a, sizeof(*line));
	return connection_read_line(wire->connection, line,
	    deadline_in(milliseconds));
}

static bool
is_untouched(const struct line *line)
{
	struct line untouched;

	memset(&untouched, 0x5a, sizeof(untouched));
	return memcmp(line, &untouched, sizeof(untouched)) == 0;
}

static int64_t
milliseconds_since(double start)
{
	return (int64_t)((deadline_clock() - start) * 1000);
}

/* The next line must be this. */
static void
expect(const struct wire *wire, const char *wanted)
{
	struct line line;
	char shown[300];
	enum connection_status status = read_within(wire, &line, LATE);

	if (!check_that(status == CONNECTION_OK && line.fault == LINE_GOOD,
	    "status %d, fault %d for \"%s\"", (int)status, (int)line.fault,
	    wanted))
		return;
	check_that(line.length == strlen(wanted) &&
	    memcmp(line.octets, wanted, line.length) == 0 &&
	    line.octets[line.length] == '\0', "\"%s\"",
	    check_show(shown, sizeof(shown), line.octets, line.length));
}

static void
expect_fault(const struct wire *wire, enum line_fault fault)
{
	struct line line;
	enum connection_status status = read_within(wire, &line, LATE);

	check_that(status == CONNECTION_OK && line.fault == fault,
	    "status %d, fault %d", (int)status, (int)line.fault);
	check_that(line.length == 0, "length %zu", line.length);
	check_that(line.octets[0] == '\0', "no NUL follows length 0: %#x",
	    (unsigned)line.octets[0]);
}

static void
expect_status(const struct wire *wire, enum connection_status wanted,
    int64_t milliseconds)
{
	struct line line;
	enum connection_status status = read_within(wire, &line, milliseconds);

	check_that(status == wanted, "status %d, not %d", (int)status,
	    (int)wanted);
	check_that(status == CONNECTION_OK || is_untouched(&line),
	    "the line was written");
}

/* --- lines -------------------------------------------------------------- */

/* A line of `length` octets with `end`, its end included. */
static size_t
make_line(char *at, size_t length, const char *end)
{
	memset(at, 'x', length);
	memcpy(at + length - strlen(end), end, strlen(end));
	return length;
}

static void
check_ends(void)
{
	struct wire wire;

	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	check_begin("A line ends in CRLF (RFC 1939 section 3)");
	GIVE(&wire, "STAT\r\n");
	expect(&wire, "STAT");
	check_end();
	check_begin("A line may end in bare LF");
	GIVE(&wire, "STAT\n\n\r\n");
	expect(&wire, "STAT");
	expect(&wire, "");
	expect(&wire, "");
	check_end();
	check_begin("A CR elsewhere belongs to the line");
	GIVE(&wire, "a\rb\r\r\n\r\r\n");
	expect(&wire, "a\rb\r");
	expect(&wire, "\r");
	check_end();
	check_begin("A line with a NUL is faulty, and the next is not");
	GIVE(&wire, "\0\r\nPASS a\0b\r\nPASS a\0\nx\r\n");
	expect_fault(&wire, LINE_HAS_NUL);
	expect_fault(&wire, LINE_HAS_NUL);
	expect_fault(&wire, LINE_HAS_NUL);
	expect(&wire, "x");
	check_end();
	check_begin("8-bit octets are octets like any other");
	GIVE(&wire, "\xff\x80\t \x01\r\n");
	expect(&wire, "\xff\x80\t \x01");
	check_end();
	wire_close(&wire);
}

static void
check_longest(const char *sentence, const char *end)
{
	struct wire wire;
	char octets[CONNECTION_LINE_MAX + 2], wanted[sizeof(octets)];
	size_t length = make_line(octets, CONNECTION_LINE_MAX, end);

	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	check_begin(sentence);
	give(&wire, octets, length);
	memset(wanted, 'x', sizeof(wanted));
	wanted[CONNECTION_LINE_MAX - strlen(end)] = '\0';
	expect(&wire, wanted);
	give(&wire, octets, make_line(octets, length + 1, end));
	expect_fault(&wire, LINE_TOO_LONG);
	GIVE(&wire, "x\r\n");
	expect(&wire, "x");
	check_end();
	wire_close(&wire);
}

static void
check_too_long(void)
{
	struct wire wire;
	char octets[CONNECTION_LINE_MAX * 2];

	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	check_begin("A line that is too long is faulty for that, NUL or not");
	memset(octets, '\0', sizeof(octets));
	octets[sizeof(octets) - 1] = '\n';
	give(&wire, octets, sizeof(octets));
	expect_fault(&wire, LINE_TOO_LONG);
	check_end();
	check_begin("No octet of a line that is too long is handed out");
	memset(octets, 's', sizeof(octets) - 1);
	give(&wire, octets, sizeof(octets));
	expect_fault(&wire, LINE_TOO_LONG);
	check_end();
	wire_close(&wire);
}

/* A line inside AUTH; then one octet more. */
static void
check_response(void)
{
	char octets[CONNECTION_RESPONSE_MAX + 1];
	struct wire wire;
	struct line line;

	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	check_begin("A response may have 1026 octets (RFC 4616 section 2)");
	give(&wire, octets, make_line(octets, sizeof(octets) - 1, "\r\n"));
	check_that(connection_read_response(wire.connection, &line,
	    deadline_in(LATE)) == CONNECTION_OK && line.fault == LINE_GOOD &&
	    line.length == CONNECTION_RESPONSE_MAX - 2, "it has not");
	give(&wire, octets, make_line(octets, sizeof(octets), "\r\n"));
	check_that(connection_read_response(wire.connection, &line,
	    deadline_in(LATE)) == CONNECTION_OK &&
	    line.fault == LINE_TOO_LONG && line.length == 0, "or more");
	check_end();
	wire_close(&wire);
}

static void
check_huge(void)
{
	static char octets[1 << 20];
	struct wire wire;
	pid_t child;

	memset(octets, 'x', sizeof(octets));
	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	check_begin("A line of a megabyte is dropped, and the next is read");
	child = fork();
	if (child == 0) {
		bool sent = write(wire.to_server, octets, sizeof(octets)) ==
		    sizeof(octets) &&
		    write(wire.to_server, "\r\nNOOP\r\n", 8) == 8;
		_exit(sent ? 0 : 1);
	}
	expect_fault(&wire, LINE_TOO_LONG);
	expect(&wire, "NOOP");
	waitpid(child, NULL, 0);
	check_end();
	wire_close(&wire);
}

static const char conversation[] =
    "USER a\r\nPASS  b \n\r\n\nx\ry\r\r\nQUIT\r\n";

static void
expect_conversation(const struct wire *wire)
{
	static const char *const lines[] = { "USER a", "PASS  b ", "", "",
	    "x\ry\r", "QUIT" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		expect(wire, lines[i]);
	expect_status(wire, CONNECTION_CLOSED, LATE);
}

static void
check_packets(void)
{
	size_t length = sizeof(conversation) - 1;
	struct wire wire;

	check_begin("Several lines in one packet are several lines");
	wire_open(&wire, SOCK_SEQPACKET, SOCK_STREAM);
	give(&wire, conversation, length);
	end_input(&wire);
	expect_conversation(&wire);
	wire_close(&wire);
	check_end();

	check_begin("Lines may come octet by octet");
	wire_open(&wire, SOCK_SEQPACKET, SOCK_STREAM);
	for (size_t i = 0; i < length; i++)
		give(&wire, conversation + i, 1);
	end_input(&wire);
	expect_conversation(&wire);
	wire_close(&wire);
	check_end();

	check_begin("Lines may be cut anywhere");
	for (size_t cut = 1; cut < length; cut++) {
		wire_open(&wire, SOCK_SEQPACKET, SOCK_STREAM);
		give(&wire, conversation, cut);
		give(&wire, conversation + cut, length - cut);
		end_input(&wire);
		expect_conversation(&wire);
		wire_close(&wire);
	}
	check_end();
}

static void
check_closed(void)
{
	struct wire wire;

	check_begin("The end of input closes");
	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	end_input(&wire);
	expect_status(&wire, CONNECTION_CLOSED, LATE);
	expect_status(&wire, CONNECTION_CLOSED, LATE);
	wire_close(&wire);
	check_end();

	check_begin("Half a line before the end of input is none");
	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	GIVE(&wire, "NOOP\r\nQUIT");
	end_input(&wire);
	expect(&wire, "NOOP");
	expect_status(&wire, CONNECTION_CLOSED, LATE);
	expect_status(&wire, CONNECTION_CLOSED, LATE);
	wire_close(&wire);
	check_end();

	check_begin("A line without its LF before the end of input is none");
	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	GIVE(&wire, "QUIT\r");
	end_input(&wire);
	expect_status(&wire, CONNECTION_CLOSED, LATE);
	wire_close(&wire);
	check_end();
}

/* --- deadlines ---------------------------------------------------------- */

/* The read must give up at the deadline, or a little after. */
static void
expect_timeout(const struct wire *wire, int64_t milliseconds)
{
	double start = deadline_clock();
	int64_t took;

	expect_status(wire, CONNECTION_TIMED_OUT, milliseconds);
	took = milliseconds_since(start);
	check_that(took >= milliseconds && took < LATE,
	    "it took %jd ms", (intmax_t)took);
}

static pid_t
start_child(struct wire *wire, void (*run)(const struct wire *))
{
	pid_t child = fork();

	if (child == -1)
		abort();
	if (child == 0) {
		alarm(LATE / 1000);
		close(wire->in);
		run(wire);
		_exit(0);
	}
	return child;
}

static void
end_child(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void
trickle(const struct wire *wire)
{
	while (send(wire->to_server, "x", 1, MSG_NOSIGNAL) == 1)
		usleep(20000);
}

static void
flood(const struct wire *wire)
{
	static char octets[1 << 18];

	memset(octets, 'x', sizeof(octets));
	while (send(wire->to_server, octets, sizeof(octets),
	    MSG_NOSIGNAL) > 0)
		;
}

static void
check_deadlines(void)
{
	struct wire wire;
	pid_t child;

	check_begin("Silence is timed out");
	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	expect_timeout(&wire, SOON);
	GIVE(&wire, "NO");
	expect_timeout(&wire, SOON);
	wire_close(&wire);
	check_end();

	check_begin("A deadline that has passed gives no time to wait");
	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	expect_timeout(&wire, 0);
	wire_close(&wire);
	check_end();

	check_begin("A trickle of octets earns no more time");
	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	child = start_child(&wire, trickle);
	expect_timeout(&wire, STALL);
	end_child(child);
	wire_close(&wire);
	check_end();

	check_begin("A flood of octets without LF earns no more time");
	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	child = start_child(&wire, flood);
	expect_timeout(&wire, STALL);
	end_child(child);
	wire_close(&wire);
	check_end();
}

/* --- output ------------------------------------------------------------- */

/* How many octets the client has got, at most `size`; 0 for none now. */
static size_t
take(const struct wire *wire, char *at, size_t size)
{
	ssize_t n = recv(wire->from_server, at, size, MSG_DONTWAIT);

	return n > 0 ? (size_t)n : 0;
}

static void
put(const struct wire *wire, const char *word)
{
	connection_write(wire->connection, word, strlen(word));
}

static void
check_pipelining(void)
{
	struct wire wire;
	char got[100];

	wire_open(&wire, SOCK_STREAM, SOCK_SEQPACKET);
	check_begin("Answers to pipelined commands wait for each other "
	    "(RFC 2449 section 6.6)");
	GIVE(&wire, "A\r\nB\r\nC\r\nD");
	expect(&wire, "A");
	put(&wire, "+OK 1\r\n");
	expect(&wire, "B");
	put(&wire, "+OK 2\r\n");
	expect(&wire, "C");
	put(&wire, "+OK 3\r\n");
	check_same(take(&wire, got, sizeof(got)), 0, "octets sent");
	check_end();
	check_begin("Such answers leave in one packet before we wait for "
	    "input");
	expect_timeout(&wire, SOON);
	check_same(take(&wire, got, sizeof(got)), 21, "octets of the packet");
	check_that(memcmp(got, "+OK 1\r\n+OK 2\r\n+OK 3\r\n", 21) == 0,
	    "other octets");
	check_same(take(&wire, got, sizeof(got)), 0, "octets after it");
	check_end();
	check_begin("Nothing is sent when there is nothing to send");
	check_that(connection_flush(wire.connection) == CONNECTION_OK,
	    "it failed");
	expect_timeout(&wire, SOON);
	check_same(take(&wire, got, sizeof(got)), 0, "octets sent");
	check_end();
	check_begin("What is left is not sent when the connection is freed");
	put(&wire, "+OK 4\r\n");
	connection_free(wire.connection);
	wire.connection = NULL;
	check_same(take(&wire, got, sizeof(got)), 0, "octets sent");
	check_end();
	wire_close(&wire);
}

/* Fills the buffer with a count, so that each octet tells its place. */
static void
write_much(const struct wire *wire, size_t words)
{
	for (uint32_t i = 0; i < words; i++)
		connection_write(wire->connection, (const char *)&i,
		    sizeof(i));
}

/* Takes `words` of the count, `size` octets at a time with a pause. */
static size_t
take_much(const struct wire *wire, size_t words, size_t size, useconds_t pause)
{
	static uint32_t got[1 << 20];
	size_t have = 0;

	while (have < words * sizeof(got[0])) {
		size_t left = words * sizeof(got[0]) - have;
		ssize_t n = recv(wire->from_server, (char *)got + have,
		    left < size ? left : size, 0);

		if (n <= 0)
			break;
		have += (size_t)n;
		usleep(pause);
	}
	for (size_t i = 0; i < have / sizeof(got[0]); i++)
		if (got[i] != i)
			return i;
	return have / sizeof(got[0]);
}

#define WORDS_MANY ((size_t)1 << 19)	/* 2 MB */
#define WORDS_SLOW ((size_t)100000)	/* 400 kB */

static void
take_at_once(const struct wire *wire)
{
	alarm(60);
	close(wire->out);
	_exit(take_much(wire, WORDS_MANY, 1 << 16, 0) == WORDS_MANY ? 0 : 1);
}

static void
take_slowly(const struct wire *wire)
{
	alarm(60);
	close(wire->out);
	_exit(take_much(wire, WORDS_SLOW, 8000, 60000) == WORDS_SLOW ? 0 : 1);
}

/* A client that takes all slowly needs longer than `stall` for it. */
static void
check_output(const char *sentence, void (*client)(const struct wire *),
    size_t words, int stall)
{
	struct wire wire;
	enum connection_status status;
	int how = -1;
	pid_t child;

	check_begin(sentence);
	wire_open_stall(&wire, SOCK_STREAM, SOCK_STREAM, stall);
	child = start_child(&wire, client);
	write_much(&wire, words);
	status = connection_flush(wire.connection);
	shutdown(wire.out, SHUT_WR);
	waitpid(child, &how, 0);
	check_that(status == CONNECTION_OK, "status %d", (int)status);
	check_that(WIFEXITED(how) && WEXITSTATUS(how) == 0,
	    "the client got something else");
	wire_close(&wire);
	check_end();
}

/* How often the kernel took the processor since we waited for something. */
static uint64_t
waits_so_far(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_nvcsw;
}

static void
check_stall(void)
{
	struct wire wire;
	uint64_t waits;
	double start;
	int64_t took;

	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	check_begin("A client that takes nothing is stalled after the limit");
	start = deadline_clock();
	write_much(&wire, WORDS_MANY);
	check_same(connection_flush(wire.connection), CONNECTION_STALLED,
	    "status");
	took = milliseconds_since(start);
	check_that(took >= STALL, "it took %jd ms", (intmax_t)took);
	check_that(connection_is_broken(wire.connection), "not broken");
	check_end();
	check_begin("A stall is for ever, and waits no more");
	(void)take_much(&wire, 1000, 4000, 0);
	waits = waits_so_far();
	write_much(&wire, WORDS_MANY);
	check_same(connection_flush(wire.connection), CONNECTION_STALLED,
	    "status");
	expect_status(&wire, CONNECTION_STALLED, LATE);
	check_same(waits_so_far(), waits, "waits");
	check_end();
	wire_close(&wire);
}

static void
check_broken(void)
{
	struct wire wire;

	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	check_begin("A client that is gone breaks the connection, "
	    "without a signal");
	close(wire.from_server);
	check_that(!connection_is_broken(wire.connection), "broken before");
	put(&wire, "+OK\r\n");
	check_same(connection_flush(wire.connection), CONNECTION_BROKEN,
	    "status");
	check_that(connection_is_broken(wire.connection), "not broken");
	expect_status(&wire, CONNECTION_BROKEN, LATE);
	check_end();
	wire.from_server = -1;
	wire_close(&wire);

	check_begin("Descriptors that are none break the connection");
	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	close(wire.in);
	close(wire.out);
	wire.in = wire.out = -1;
	put(&wire, "+OK\r\n");
	check_that(connection_flush(wire.connection) != CONNECTION_OK ||
	    read_within(&wire, &(struct line){ 0 }, SOON) != CONNECTION_OK,
	    "nothing was broken");
	wire_close(&wire);
	check_end();

	check_begin("Nothing may be freed");
	connection_free(NULL);
	check_end();
}

static void
check_pipes(void)
{
	int in[2], out[2];
	struct wire wire;
	char got[10];

	check_begin("Pipes do instead of a socket");
	if (pipe(in) == -1 || pipe(out) == -1)
		abort();
	wire = (struct wire){ in[0], out[1], in[1], out[0],
	    connection_new(in[0], out[1], STALL) };
	check_that(write(in[1], "NOOP\r\nQU", 8) == 8, "cannot write");
	expect(&wire, "NOOP");
	put(&wire, "+OK\r\n");
	expect_timeout(&wire, SOON);
	check_that(read(out[0], got, sizeof(got)) == 5, "not answered");
	write_much(&wire, WORDS_MANY);
	check_same(connection_flush(wire.connection), CONNECTION_STALLED,
	    "status");
	wire_close(&wire);
	check_end();
}

static void
check_flags(void)
{
	struct wire wire;
	int in, out;

	check_begin("The flags of the descriptors stay as they were");
	wire_open(&wire, SOCK_STREAM, SOCK_STREAM);
	in = fcntl(wire.in, F_GETFL);
	out = fcntl(wire.out, F_GETFL);
	GIVE(&wire, "NOOP\r\n");
	expect(&wire, "NOOP");
	put(&wire, "+OK\r\n");
	expect_timeout(&wire, 0);
	check_that(fcntl(wire.in, F_GETFL) == in &&
	    fcntl(wire.out, F_GETFL) == out, "they are not");
	wire_close(&wire);
	check_end();
}

int
main(void)
{
	check_ends();
	check_longest("A line of 255 octets with CRLF is good, one of 256 is "
	    "not (RFC 2449 section 4)", "\r\n");
	check_longest("A line of 255 octets with LF is good, one of 256 is "
	    "not", "\n");
	check_too_long();
	check_response();
	check_huge();
	check_packets();
	check_closed();
	check_deadlines();
	check_pipelining();
	check_output("Output larger than any buffer arrives whole",
	    take_at_once, WORDS_MANY, LATE);
	check_output("A slow client that keeps taking gets all of it",
	    take_slowly, WORDS_SLOW, TAKING);
	check_stall();
	check_broken();
	check_pipes();
	check_flags();
	return check_status();
}
