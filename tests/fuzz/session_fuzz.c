/*
 * A whole conversation: session.c and connection/ with a maildrop in memory,
 * against a model of the protocol.
 *
 * Octets: flags; how many octets are read at a time (0: as many as come);
 * after how many the client hangs up (0: never); how large the pieces of a
 * message are. Then the messages, each ended by \xfe, all by \xff; then what
 * the client says.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/deadline.h"
#include "tests/fuzz/fuzz.h"

static ssize_t read_in_pieces(int fd, void *at, size_t size);
#define read read_in_pieces
#include "connection/transport.c"
#undef read

#include "session.h"
#include "tests/fuzz/quiet_log.h"
#include "tests/fuzz/session_model.h"

enum flags {
	LOGGED_IN_FIRST = 1,		/* USER and PASS come before the rest */
	OPEN_FAILS = 2,
	BEGIN_FAILS = 4,
	READ_FAILS = 8,
	COMMIT_FAILS = 16,
	IN_USE_FIRST = 32,		/* by another session, for a while; */
	IN_USE_LONG = 64,		/* until the server has enough */
};

#define LOGIN "USER mrose\r\nPASS secret\r\n"

static struct {
	int in, out;			/* the server's */
	int heard;			/* where `out` leads */
	int broken;			/* nobody reads what is written there */
	size_t piece, hang_up_at, was_read;
	bool has_hung_up;
	struct model model;
} world;

/* --- the client --------------------------------------------------------- */

static ssize_t
read_in_pieces(int fd, void *at, size_t size)
{
	ssize_t n = read(fd, at, world.piece == 0 || size < world.piece ? size
	    : world.piece);

	fuzz_require(n >= 0, "cannot read: %s", strerror(errno));
	world.was_read += (size_t)n;
	if (world.hang_up_at > 0 && world.was_read >= world.hang_up_at &&
	    !world.has_hung_up) {
		world.has_hung_up = true;
		fuzz_require(dup2(world.broken, world.out) == world.out,
		    "cannot hang up");
	}
	return n;
}

static size_t
heard_length(void)
{
	struct stat status;

	fuzz_require(fstat(world.heard, &status) == 0, "cannot stat");
	return (size_t)status.st_size;
}

static void
note_commit(const struct maildrop *m)
{
	struct model *model = &world.model;

	model->commits++;
	model->heard_before_commit = heard_length();
	for (size_t i = 0; i < m->count; i++)
		model->committed[i] = m->at[i].marked;
}

/* --- time stands still -------------------------------------------------- */

struct deadline
deadline_in(int64_t milliseconds)
{
	return (struct deadline){ milliseconds };
}

int
deadline_left(struct deadline by)
{
	(void)by;
	return 0;		/* all is there at once, or never comes */
}

bool
deadline_is_past(struct deadline by)
{
	(void)by;
	return false;
}

struct deadline
deadline_in_steps(struct deadline by, int64_t milliseconds)
{
	(void)milliseconds;
	return by;
}

void
deadline_await(struct deadline by)
{
	(void)by;
}

double
deadline_clock(void)
{
	return 0;
}

/* --- the server --------------------------------------------------------- */

/* Until the maildrop is not in use any more, as in pop3-handler.c. */
static bool
log_in(struct session *session)
{
	struct auth_account account;

	for (unsigned n = 0; session_authorize(session, &account); n++) {
		if (n == world.model.busy)
			return true;
		if (!session_put_off(session))
			break;
	}
	return false;
}

static void
converse(struct maildrop *maildrop)
{
	static const struct session_settings settings = {
		.hostname = "dewey", .client = "192.0.2.7",
		.allows_plaintext = true,
	};
	struct connection *c = connection_new(world.in, world.out, 0);
	struct session *session = session_new(c, NULL, &settings);
	bool is_known;

	fuzz_require(session != NULL, "no memory");
	session_greet(session);
	is_known = log_in(session);
	if (is_known && world.model.opened == MAILDROP_OK)
		session_transact(session, maildrop);
	else if (is_known)
		session_turn_away(session, world.model.opened);
	session_end(session);
	connection_free(c);
}

static void
take_maildrop(struct fuzz_input *input, unsigned flags, struct maildrop *m)
{
	struct fuzz_input messages = fuzz_until(input, '\xff');

	if ((flags & BEGIN_FAILS) != 0)
		m->begin_status = MAILDROP_CHANGED;
	if ((flags & READ_FAILS) != 0)
		m->read_status = MAILDROP_TEMPORARY;
	if ((flags & COMMIT_FAILS) != 0)
		m->commit_status = MAILDROP_CHANGED;
	m->committed = note_commit;
	while (messages.length > 0) {
		struct fuzz_input message = fuzz_until(&messages, '\xfe');
		fake_add(m, message.at, message.length);
	}
}

/* What the client says, on the heap. */
static struct fuzz_input
take_said(struct fuzz_input rest, unsigned flags)
{
	size_t login = (flags & LOGGED_IN_FIRST) != 0 ? strlen(LOGIN) : 0;
	char *at = fuzz_memory(login + rest.length);

	memcpy(at, LOGIN, login);
	if (rest.length > 0)
		memcpy(at + login, rest.at, rest.length);
	return (struct fuzz_input){ at, login + rest.length };
}

static struct fuzz_input
take_heard(void)
{
	size_t length = heard_length();
	char *at = fuzz_memory(length);

	fuzz_require(pread(world.heard, at, length, 0) == (ssize_t)length,
	    "cannot read what was heard");
	return (struct fuzz_input){ at, length };
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int ends[2];

	(void)argc;
	(void)argv;
	signal(SIGPIPE, SIG_IGN);
	fuzz_require(pipe(ends) == 0 && close(ends[0]) == 0, "no pipe");
	world.broken = ends[1];
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct fuzz_input input = fuzz_input(octets, length), said;
	unsigned flags = fuzz_octet(&input);
	struct maildrop maildrop = { 0 };

	world.piece = fuzz_octet(&input);
	world.hang_up_at = 2 * fuzz_octet(&input);
	world.was_read = 0;
	world.has_hung_up = false;
	maildrop.piece = 1 + fuzz_octet(&input);
	take_maildrop(&input, flags, &maildrop);
	said = take_said(input, flags);
	world.in = fuzz_file(said.at, said.length);
	world.heard = fuzz_file("", 0);
	world.out = dup(world.heard);
	world.model = (struct model){
		.said = said,
		.maildrop = &maildrop,
		.opened = (flags & OPEN_FAILS) != 0 ? MAILDROP_DAMAGED
		    : MAILDROP_OK,
		.busy = (flags & IN_USE_LONG) != 0 ? MODEL_IN_USE_MAX
		    : (flags & IN_USE_FIRST) != 0 ? 1 : 0,
	};
	converse(&maildrop);
	world.model.heard = take_heard();
	world.model.is_cut = world.has_hung_up;
	model_check(&world.model);
	free((char *)said.at);
	free((char *)world.model.heard.at);
	close(world.in);
	close(world.out);
	close(world.heard);
	fake_clear(&maildrop);
	return 0;
}
