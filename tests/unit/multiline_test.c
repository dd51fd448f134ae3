/*
 * Multi-line responses, sent through a socket pair however the text is cut,
 * against a naive one that has the whole text in an array of lines.
 */
#include "connection/multiline.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/check.h"

#define ROOM 8192
#define SHOWN 300

struct strbuf {
	const char *at;
	size_t length;
};

#define TEXT(text) { (text), sizeof(text) - 1 }

static const struct strbuf texts[] = {
	TEXT(""),
	TEXT("\n"), TEXT("\r\n"), TEXT("\r"), TEXT("\r\r\n"), TEXT("\n\n"),
	TEXT("\n\r"), TEXT("."), TEXT(".\n"), TEXT(".\r\n"), TEXT("..\n"),
	TEXT(".\r"), TEXT("a"), TEXT("a\n"), TEXT("a\r\n"), TEXT("a\r"),
	TEXT("A: b\n\nx\n"), TEXT("A: b\r\n\r\nx\r\n"), TEXT("A: b\n\nx"),
	TEXT("A: b\r\n\r\nx\r"), TEXT("A: b\n\n.\n..\n.x\n."),
	TEXT("A: b\n\n\n\n\n"), TEXT("A: b\r\n\r\n\r\n\r\n"),
	TEXT("A: b\n.C: d\n\nx\ny\nz\n"), TEXT("A: b\nC: d\n"),
	TEXT("A: b"), TEXT("A: b\n\n"), TEXT("A: b\r\n\r\n"),
	TEXT("\nx\ny\n"), TEXT("\r\nx\r\ny\r\n"), TEXT("A\rB\n\rC\n\r\r\n"),
	TEXT("A: b\n\r\nx\r\ny\nz"), TEXT("A: b\n\n\rx\n\r\ny\n"),
	TEXT("A: b\n \n\nx\n"), TEXT("a\0b\n\0\n\n\0.\n"), TEXT("\0"),
	TEXT("A: b\n\nFrom x\n>From y\n"), TEXT("\xff\n\n\xfe\r\n"),
	TEXT("A: b\r\n.\r\n\r\n.\r\nx"), TEXT("\r\n.\r\n\r\n..\r\n"),
	TEXT("A: b\r\n\r\r\n\r\n.y\r\n"), TEXT(".\n.\n\n.\n.\n.\n"),
};

/* Whom a response is sent to. */
struct client {
	int fds[2];
	struct connection *connection;
	size_t length;
	char got[ROOM];
};

static void
client_open(struct client *client)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, client->fds) == -1)
		abort();
	client->connection = connection_new(client->fds[0], client->fds[0],
	    1000);
	if (client->connection == NULL)
		abort();
}

static void
client_close(struct client *client)
{
	connection_free(client->connection);
	close(client->fds[0]);
	close(client->fds[1]);
}

static void
client_get(struct client *client)
{
	ssize_t n;

	check_that(connection_flush(client->connection) == CONNECTION_OK,
	    "the flush failed");
	n = recv(client->fds[1], client->got, sizeof(client->got),
	    MSG_DONTWAIT);
	client->length = n > 0 ? (size_t)n : 0;
}

/* --- the naive response --------------------------------------------------- */

struct response {
	size_t length;
	char at[ROOM];
};

static void
put(struct response *response, const char *octets, size_t length)
{
	memcpy(response->at + response->length, octets, length);
	response->length += length;
}

/* A line without its end. */
static void
put_line(struct response *response, const char *line, size_t length)
{
	if (length > 0 && line[0] == '.')
		put(response, ".", 1);
	put(response, line, length);
	put(response, "\r\n", 2);
}

static void
naive(const struct strbuf *text, uint64_t body_lines, struct response *response)
{
	const char *at = text->at, *end = text->at + text->length;
	uint64_t sent = 0;
	bool in_body = false;

	response->length = 0;
	while (at < end && !(in_body && sent == body_lines)) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		const char *next = lf == NULL ? end : lf + 1;
		size_t length = (size_t)((lf == NULL ? end : lf) - at);

		if (length > 0 && at[length - 1] == '\r')
			length--;
		put_line(response, at, length);
		sent += in_body;
		in_body |= length == 0;
		at = next;
	}
	put(response, ".\r\n", 3);
}

/* --- comparing ------------------------------------------------------------ */

static const uint64_t limits[] = { MULTILINE_ALL, 0, 1, 2, 3, 4,
    MULTILINE_ALL - 1, (uint64_t)1 << 32 };
#define LIMITS (sizeof(limits) / sizeof(limits[0]))

static void
compare(const struct client *client, const struct strbuf *text, uint64_t limit,
    const struct response *wanted)
{
	char shown[SHOWN], found[SHOWN];

	check_that(client->length == wanted->length &&
	    memcmp(client->got, wanted->at, wanted->length) == 0,
	    "of \"%s\" %ju lines: \"%s\"",
	    check_show(shown, sizeof(shown), text->at, text->length),
	    (uintmax_t)limit, check_show(found, sizeof(found), client->got,
	    client->length));
}

/* Writes a piece from a heap buffer of its size, where reading past it
 * shows. */
static bool
write_piece(struct multiline *multiline, const char *at, size_t length)
{
	char *piece = malloc(length > 0 ? length : 1);
	bool more;

	if (piece == NULL)
		abort();
	memcpy(piece, at, length);
	more = multiline_write(multiline, piece, length);
	memset(piece, '!', length);
	free(piece);
	return more;
}

/* Sends the text cut after `first` octets and then into pieces of `size`. */
static void
respond(struct client *client, const struct strbuf *text, uint64_t limit,
    size_t first, size_t size)
{
	struct multiline multiline;
	size_t at = first;
	bool more;

	multiline_begin(&multiline, client->connection, limit);
	more = write_piece(&multiline, text->at, first);
	while (more && at < text->length) {
		size_t part = text->length - at < size ? text->length - at
		    : size;

		more = write_piece(&multiline, text->at + at, part);
		at += part;
	}
	multiline_end(&multiline);
	client_get(client);
}

static void
check_text(struct client *client, const struct strbuf *text, uint64_t limit)
{
	static struct response wanted;

	naive(text, limit, &wanted);
	for (size_t cut = 0; cut <= text->length; cut++) {
		respond(client, text, limit, cut, text->length + 1);
		compare(client, text, limit, &wanted);
		for (size_t size = 1; size <= 3; size++) {
			respond(client, text, limit, cut, size);
			compare(client, text, limit, &wanted);
		}
	}
}

static void
check_random(struct client *client, struct dice *dice)
{
	static const char octets[] = "\n\n\n\r\r\n..ab\0";
	static char at[64];

	for (int i = 0; i < 30000; i++) {
		struct strbuf text = { at, dice_roll(dice, 24) };
		uint64_t limit = limits[dice_roll(dice, LIMITS)];
		static struct response wanted;

		for (size_t j = 0; j < text.length; j++)
			at[j] = octets[dice_roll(dice, sizeof(octets) - 1)];
		naive(&text, limit, &wanted);
		respond(client, &text, limit, dice_roll(dice, text.length + 1),
		    1 + dice_roll(dice, 6));
		compare(client, &text, limit, &wanted);
	}
}

/* --- by hand -------------------------------------------------------------- */

static void
check_sent(struct client *client, const char *sentence, struct strbuf text,
    uint64_t limit, const char *wanted)
{
	char found[SHOWN];

	check_begin(sentence);
	respond(client, &text, limit, text.length, 1);
	check_that(client->length == strlen(wanted) &&
	    memcmp(client->got, wanted, client->length) == 0, "\"%s\"",
	    check_show(found, sizeof(found), client->got, client->length));
	check_end();
}

static void
check_by_hand(struct client *client)
{
	check_sent(client, "Lines end in CRLF, and \".\" CRLF ends it all "
	    "(RFC 1939 section 3)", (struct strbuf)TEXT("a\nb\r\n"),
	    MULTILINE_ALL, "a\r\nb\r\n.\r\n");
	check_sent(client, "A line that begins with a dot gets another "
	    "(RFC 1939 section 3)", (struct strbuf)TEXT(".\n..\n.a\na.\n"),
	    MULTILINE_ALL, "..\r\n...\r\n..a\r\na.\r\n.\r\n");
	check_sent(client, "A last line without LF gets CRLF",
	    (struct strbuf)TEXT("a"), MULTILINE_ALL, "a\r\n.\r\n");
	check_sent(client, "No text is \".\" CRLF alone",
	    (struct strbuf)TEXT(""), MULTILINE_ALL, ".\r\n");
	check_sent(client, "A CR inside a line is sent as it is",
	    (struct strbuf)TEXT("a\rb\r\r\n"), MULTILINE_ALL,
	    "a\rb\r\r\n.\r\n");
	check_sent(client, "TOP 0 sends the header and its empty line "
	    "(RFC 1939 section 7)", (struct strbuf)TEXT("A: b\n\nx\ny\n"), 0,
	    "A: b\r\n\r\n.\r\n");
	check_sent(client, "TOP 1 sends one line of the body",
	    (struct strbuf)TEXT("A: b\r\n\r\nx\r\ny\r\n"), 1,
	    "A: b\r\n\r\nx\r\n.\r\n");
	check_sent(client, "TOP counts empty lines of the body",
	    (struct strbuf)TEXT("A: b\n\n\n\nx\n"), 2,
	    "A: b\r\n\r\n\r\n\r\n.\r\n");
	check_sent(client, "TOP of more lines than there are sends all",
	    (struct strbuf)TEXT("A: b\n\nx\n.y"), 17,
	    "A: b\r\n\r\nx\r\n..y\r\n.\r\n");
	check_sent(client, "TOP 0 of a message without a body sends all",
	    (struct strbuf)TEXT("A: b\nC: d\n"), 0, "A: b\r\nC: d\r\n.\r\n");
}

/* What multiline_write says. */
static void
check_more(struct client *client)
{
	struct multiline multiline;

	multiline_begin(&multiline, client->connection, 1);
	check(multiline_write(&multiline, "A: b\n\n", 6),
	    "More text is wanted before the limit is reached");
	check(multiline_write(&multiline, "x", 1),
	    "More text is wanted inside the last line");
	check(!multiline_write(&multiline, "y\nz\n", 4),
	    "No more text is wanted once the limit is reached");
	check(!multiline_write(&multiline, "z\n", 2) &&
	    !multiline_write(&multiline, "", 0),
	    "No more text is wanted ever after");
	multiline_end(&multiline);
	client_get(client);
	check(client->length == 15 &&
	    memcmp(client->got, "A: b\r\n\r\nxy\r\n.\r\n", 15) == 0,
	    "What came after the limit is not sent");

	multiline_begin(&multiline, client->connection, 0);
	check(!multiline_write(&multiline, "A: b\n\n", 6),
	    "No more text is wanted after the empty line for TOP 0");
	multiline_end(&multiline);
	multiline_begin(&multiline, client->connection, MULTILINE_ALL);
	check(multiline_write(&multiline, "\n\n\n\n", 4) &&
	    multiline_write(&multiline, "", 0),
	    "RETR wants all text");
	multiline_end(&multiline);
	client_get(client);
}

static void
check_broken(void)
{
	static const char text[65536];
	struct client client;
	struct multiline multiline;
	bool more = true;

	client_open(&client);
	close(client.fds[1]);
	multiline_begin(&multiline, client.connection, MULTILINE_ALL);
	for (int i = 0; i < 2; i++)
		more = multiline_write(&multiline, text, sizeof(text));
	check(!more, "No more text is wanted when the connection is broken");
	multiline_end(&multiline);
	client.fds[1] = -1;
	client_close(&client);
}

int
main(void)
{
	struct client client;
	struct dice dice = { .state = 1939 };

	client_open(&client);
	check_by_hand(&client);
	check_more(&client);
	for (size_t i = 0; i < LIMITS; i++) {
		static char sentence[LIMITS][80];

		snprintf(sentence[i], sizeof(sentence[i]), "Texts cut "
		    "anywhere are sent alike up to %ju lines of the body",
		    (uintmax_t)limits[i]);
		check_begin(sentence[i]);
		for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++)
			check_text(&client, &texts[j], limits[i]);
		check_end();
	}
	check_begin("Random texts cut anywhere are sent as by the naive "
	    "response");
	check_random(&client, &dice);
	check_end();
	client_close(&client);
	check_broken();
	return check_status();
}
