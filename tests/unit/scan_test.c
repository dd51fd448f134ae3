/*
 * The scanner on mailboxes written out by hand: what it finds, that it does
 * not matter where the mailbox is cut, and that a message read alone is what
 * it was in the whole.
 */
#include <string.h>

#include "tests/unit/mbox_seen.h"

/* 34 octets, 35 octets */
#define FROM "From a@b Mon Jan  1 00:00:00 2024\n"
#define FROM_CRLF "From a@b Mon Jan  1 00:00:00 2024\r\n"
#define AUTUMN "From a@b Sun Dec 31 00:00:01 2023\n"
#define OLDER "From a@b Sun Dec 31 00:00:00 2023\n"
#define DOVECOT "From MAILER_DAEMON Mon Jan  1 00:00:00 2024\n"	/* 44 */
#define DAEMON "From MAILER-DAEMON Mon Jan  1 00:00:00 2024\n"	/* 44 */
#define INTERNAL "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n"

#define TEXT(text) (text), sizeof(text) - 1
#define MAIL(text) TEXT(text), false
#define NOTE(text) TEXT(text), true		/* internal */
#define MESSAGES_MAX 4

struct message_wanted {
	uint64_t start, length, octets;
	const char *text;
	size_t text_length;
	bool internal;
};

struct mailbox {
	const char *sentence;
	const char *at;
	size_t length;
	bool bad;
	size_t count;
	struct message_wanted message[MESSAGES_MAX];
};

static const struct mailbox mailboxes[] = {
	/* --- nothing, and what is no mbox --- */
	{ "An empty mailbox has no messages", TEXT(""), .count = 0 },
	{ "A mailbox of empty lines has no messages",
	    TEXT("\n\r\n\n"), .count = 0 },
	{ "Text before the first From_ line is no mbox",
	    TEXT("junk\n" FROM "\nx\n"), .bad = true },
	{ "Text without any From_ line is no mbox",
	    TEXT("junk"), .bad = true },
	{ "A bare CR before the first From_ line is no mbox",
	    TEXT("\r" FROM), .bad = true },
	{ "A From_ line without a date begins no mbox",
	    TEXT("From a@b\n\nx\n"), .bad = true },
	{ "A quoted From_ line begins no mbox",
	    TEXT(">" FROM "\nx\n"), .bad = true },
	{ "A NUL before the first From_ line is no mbox",
	    TEXT("\0" FROM), .bad = true },
	{ "Empty lines before the first From_ line belong to nobody",
	    TEXT("\n\r\n" FROM "A: b\n\nx\n"), .count = 1, .message = {
		{ 3, 42, 11, MAIL("A: b\n\nx\n") } } },

	/* --- messages --- */
	{ "A message is all after its From_ line",
	    TEXT(FROM "A: b\n\nx\n"), .count = 1, .message = {
		{ 0, 42, 11, MAIL("A: b\n\nx\n") } } },
	{ "The empty line before a From_ line belongs to the mailbox",
	    TEXT(FROM "A: b\n\nx\n\n" FROM "C: d\n\ny\n\n"), .count = 2,
	    .message = {
		{ 0, 43, 11, MAIL("A: b\n\nx\n") },
		{ 43, 43, 11, MAIL("C: d\n\ny\n") } } },
	{ "A mailbox with CRLF is read as one with LF",
	    TEXT(FROM_CRLF "A: b\r\n\r\nx\r\n\r\n" FROM_CRLF
	    "C: d\r\n\r\ny\r\n\r\n"), .count = 2, .message = {
		{ 0, 48, 11, MAIL("A: b\r\n\r\nx\r\n") },
		{ 48, 48, 11, MAIL("C: d\r\n\r\ny\r\n") } } },
	{ "Line ends of both kinds may be mixed",
	    TEXT(FROM "A: b\r\n\nx\r\ny\n\r\n" FROM_CRLF "\r\nz\n"),
	    .count = 2, .message = {
		{ 0, 48, 14, MAIL("A: b\r\n\nx\r\ny\n") },
		{ 48, 39, 5, MAIL("\r\nz\n") } } },
	{ "A last line without LF gets one",
	    TEXT(FROM "A: b\n\nx"), .count = 1, .message = {
		{ 0, 41, 11, MAIL("A: b\n\nx\n") } } },
	{ "A last line that ends in CR gets its LF",
	    TEXT(FROM "A: b\n\nx\r"), .count = 1, .message = {
		{ 0, 42, 11, MAIL("A: b\n\nx\r\n") } } },
	{ "A last header without LF gets one",
	    TEXT(FROM "A: b"), .count = 1, .message = {
		{ 0, 38, 6, MAIL("A: b\n") } } },
	{ "A last hidden header without LF leaves nothing",
	    TEXT(FROM "A: b\nStatus: RO"), .count = 1, .message = {
		{ 0, 49, 6, MAIL("A: b\n") } } },
	{ "A message can be a From_ line alone, without LF",
	    TEXT("From a@b Mon Jan  1 00:00:00 2024"), .count = 1, .message = {
		{ 0, 33, 0, MAIL("") } } },
	{ "A message can be headers alone",
	    TEXT(FROM "A: b\nC: d\n"), .count = 1, .message = {
		{ 0, 44, 12, MAIL("A: b\nC: d\n") } } },
	{ "A message can have no header",
	    TEXT(FROM "\nx\n\n" FROM "\ny\n"), .count = 2, .message = {
		{ 0, 38, 5, MAIL("\nx\n") },
		{ 38, 37, 5, MAIL("\ny\n") } } },
	{ "An empty body keeps the empty line that ends the header",
	    TEXT(FROM "A: b\n\n" FROM "C: d\n\n"), .count = 2, .message = {
		{ 0, 40, 8, MAIL("A: b\n\n") },
		{ 40, 40, 8, MAIL("C: d\n\n") } } },
	{ "An empty body before the mailbox's own empty line stays empty",
	    TEXT(FROM "A: b\n\n\n" FROM "C: d\n\n\n"), .count = 2,
	    .message = {
		{ 0, 41, 8, MAIL("A: b\n\n") },
		{ 41, 41, 8, MAIL("C: d\n\n") } } },
	{ "Of two empty lines before a From_ line one is text",
	    TEXT(FROM "\nx\n\n\n" FROM "\ny\n\n\n"), .count = 2, .message = {
		{ 0, 39, 7, MAIL("\nx\n\n") },
		{ 39, 39, 7, MAIL("\ny\n\n") } } },
	{ "Of CRLF and LF before a From_ line the first is text",
	    TEXT(FROM "\nx\n\r\n\n" FROM "\ny\n\n\r\n"), .count = 2,
	    .message = {
		{ 0, 40, 7, MAIL("\nx\n\r\n") },
		{ 40, 40, 7, MAIL("\ny\n\n") } } },
	{ "A line of a bare CR is not empty",
	    TEXT(FROM "\nx\n\r\r\n" FROM "\ny\n"), .count = 1, .message = {
		{ 0, 77, 48, MAIL("\nx\n\r\r\n" FROM "\ny\n") } } },
	{ "A bare CR at the end becomes an empty line of the text",
	    TEXT(FROM "\nx\n\r"), .count = 1, .message = {
		{ 0, 38, 7, MAIL("\nx\n\r\n") } } },
	{ "A line of blanks is not empty",
	    TEXT(FROM "\nx\n \n" FROM "\ny\n"), .count = 1, .message = {
		{ 0, 76, 48, MAIL("\nx\n \n" FROM "\ny\n") } } },
	{ "NULs and 8-bit octets are text",
	    TEXT(FROM "A: \xe4\0\n\n\0\xff\0\n\n" FROM "\n\0"), .count = 2,
	    .message = {
		{ 0, 46, 14, MAIL("A: \xe4\0\n\n\0\xff\0\n") },
		{ 46, 36, 5, MAIL("\n\0\n") } } },
	{ "Dots at line starts are text like any other (RFC 1939 section 3)",
	    TEXT(FROM "\n.\n..\n.x"), .count = 1, .message = {
		{ 0, 42, 13, MAIL("\n.\n..\n.x\n") } } },
	{ "A CR inside a line is data",
	    TEXT(FROM "A: b\rc\n\nx\ry\n"), .count = 1, .message = {
		{ 0, 46, 15, MAIL("A: b\rc\n\nx\ry\n") } } },

	/* --- From_ lines --- */
	{ "A From_ line after a line that is not empty is text",
	    TEXT(FROM "\nx\n" FROM "y\n"), .count = 1, .message = {
		{ 0, 73, 43, MAIL("\nx\n" FROM "y\n") } } },
	{ "A quoted From_ line is text, quote and all",
	    TEXT(FROM "\nx\n\n>" FROM "y\n"), .count = 1, .message = {
		{ 0, 75, 46, MAIL("\nx\n\n>" FROM "y\n") } } },
	{ "A line that only begins with From is text",
	    TEXT(FROM "\nx\n\nFrom what I saw on Monday, it was 2024.\n"),
	    .count = 1, .message = {
		{ 0, 78, 48,
		MAIL("\nx\n\nFrom what I saw on Monday, it was 2024.\n") } } },
	{ "A last line \"From\" without LF is text",
	    TEXT(FROM "\nx\n\nFrom"), .count = 1, .message = {
		{ 0, 42, 13, MAIL("\nx\n\nFrom\n") } } },
	{ "A From_ line directly after a From_ line is a header",
	    TEXT(FROM FROM "\nx\n"), .count = 1, .message = {
		{ 0, 71, 40, MAIL(FROM "\nx\n") } } },
	{ "A last From_ line without LF begins a message",
	    TEXT(FROM "\nx\n\nFrom a@b Mon Jan  1 00:00:00 2024"),
	    .count = 2, .message = {
		{ 0, 38, 5, MAIL("\nx\n") },
		{ 38, 33, 0, MAIL("") } } },
	{ "Other forms of the From_ line begin messages too",
	    TEXT("From Mon Jan  1 00:00:00 2024\n\nx\n\n"
	    "From c, Mon, 1 Jan 2024 00:00 +0100\r\n\ny\n"), .count = 2,
	    .message = {
		{ 0, 34, 5, MAIL("\nx\n") },
		{ 34, 40, 5, MAIL("\ny\n") } } },

	{ "A mailbox whose lines end in CR alone is text from its start",
	    TEXT("From a@b Mon Jan  1 00:00:00 2024\rA: b\r\rx\r"),
	    .count = 1, .message = {
		{ 0, 42, 43,
		MAIL("From a@b Mon Jan  1 00:00:00 2024\rA: b\r\rx\r\n") } } },
	{ "A From_ line with a CR inside is text, and begins a message",
	    TEXT(FROM "\nx\n\nFrom a@b Mon Jan  1 00:00:00 2024\rA: b\n\ny\n"),
	    .count = 2, .message = {
		{ 0, 38, 5, MAIL("\nx\n") },
		{ 38, 42, 45,
		MAIL("From a@b Mon Jan  1 00:00:00 2024\rA: b\n\ny\n") } } },
	{ "A From_ line with a NUL is text, and begins a message",
	    TEXT("From a\0b Mon Jan  1 00:00:00 2024\n\ny\n"), .count = 1,
	    .message = {
		{ 0, 37, 40,
		MAIL("From a\0b Mon Jan  1 00:00:00 2024\n\ny\n") } } },
	{ "NULs after the date of a last From_ line are text",
	    TEXT("From a@b Mon Jan  1 00:00:00 2024 \0\0\0"), .count = 1,
	    .message = {
		{ 0, 37, 39,
		MAIL("From a@b Mon Jan  1 00:00:00 2024 \0\0\0\n") } } },
	{ "A last From_ line that ends in CR is a From_ line alone",
	    TEXT("From a@b Mon Jan  1 00:00:00 2024\r"), .count = 1,
	    .message = {
		{ 0, 34, 0, MAIL("") } } },
	{ "An odd From_ line makes no mail internal",
	    TEXT("From MAILER-DAEMON \r Mon Jan  1 00:00:00 2024\n" INTERNAL
	    "X-IMAP: 1 2\n\nx\n"), .count = 1, .message = {
		{ 0, 120, 112,
		MAIL("From MAILER-DAEMON \r Mon Jan  1 00:00:00 2024\n"
		INTERNAL "\nx\n") } } },

	/* --- headers of the mailbox --- */
	{ "Headers of the mailbox are left out of the text",
	    TEXT(FROM "Status: RO\nA: b\nX-Status: F\nX-Keywords: k\n"
	    "X-UID: 7\nX-IMAPbase: 1 2\nContent-Length: 9\nC: d\n\nx\n"),
	    .count = 1, .message = {
		{ 0, 127, 17, MAIL("A: b\nC: d\n\nx\n") } } },
	{ "Their names are known in any case and before blanks "
	    "(RFC 5322 section 4.5)",
	    TEXT(FROM "sTATUS \t: RO\nx-uid: 7\nA: b\n\nx\n"), .count = 1,
	    .message = {
		{ 0, 64, 11, MAIL("A: b\n\nx\n") } } },
	{ "Their continuation lines are left out too",
	    TEXT(FROM "X-Keywords: k\n l\n\tm\nA: b\n c\nX-UID:\n 7\n\nx\n"),
	    .count = 1, .message = {
		{ 0, 75, 15, MAIL("A: b\n c\n\nx\n") } } },
	{ "A continuation line before any header is text",
	    TEXT(FROM " x\nA: b\n\ny\n"), .count = 1, .message = {
		{ 0, 45, 15, MAIL(" x\nA: b\n\ny\n") } } },
	{ "Headers that only resemble them are text",
	    TEXT(FROM "Status-X: 1\nXStatus: 2\nStatus\nX-UIDL: 3\n\nx\n"),
	    .count = 1, .message = {
		{ 0, 77, 49,
		MAIL("Status-X: 1\nXStatus: 2\nStatus\nX-UIDL: 3\n\nx\n") } } },
	{ "Headers that mail readers write are left out of the text",
	    TEXT(FROM "Lines: 3\nX-VM-Labels: a\n b\nList-Id: l\n"
	    "X-Evolution: 0-1\nX-VM-: 1\nX-Mozilla-Keys:\nlines: 4\n\nx\n"),
	    .count = 1, .message = {
		{ 0, 126, 27, MAIL("List-Id: l\nX-VM-: 1\n\nx\n") } } },
	{ "In the body they are text",
	    TEXT(FROM "\nStatus: RO\nX-UID: 7\n"), .count = 1, .message = {
		{ 0, 55, 24, MAIL("\nStatus: RO\nX-UID: 7\n") } } },
	{ "A message of hidden headers alone has no text",
	    TEXT(FROM "Status: RO\nX-UID: 7\n"), .count = 1, .message = {
		{ 0, 54, 0, MAIL("") } } },

	/* --- c-client's own message --- */
	{ "c-client's own first message is internal",
	    TEXT(DAEMON INTERNAL "X-IMAP: 1 2\n\nx\n\n" FROM "\ny\n"),
	    .count = 2, .message = {
		{ 0, 119, 65, NOTE(INTERNAL "\nx\n") },
		{ 119, 37, 5, MAIL("\ny\n") } } },
	{ "Dovecot's own first message is internal",
	    TEXT(DOVECOT INTERNAL "X-IMAP: 1 2\n\nx\n\n" FROM "\ny\n"),
	    .count = 2, .message = {
		{ 0, 119, 65, NOTE(INTERNAL "\nx\n") },
		{ 119, 37, 5, MAIL("\ny\n") } } },
	{ "It is mail if it is not the first",
	    TEXT(FROM "\ny\n\n" DAEMON INTERNAL "X-IMAP: 1 2\n\nx\n"),
	    .count = 2, .message = {
		{ 0, 38, 5, MAIL("\ny\n") },
		{ 38, 118, 65, MAIL(INTERNAL "\nx\n") } } },
	{ "It is mail without X-IMAP",
	    TEXT(DAEMON INTERNAL "\nx\n"), .count = 1, .message = {
		{ 0, 106, 65, MAIL(INTERNAL "\nx\n") } } },
	{ "It is mail from another sender",
	    TEXT(FROM INTERNAL "X-IMAP: 1 2\n\nx\n"), .count = 1, .message = {
		{ 0, 108, 65, MAIL(INTERNAL "\nx\n") } } },
	{ "It is mail with another subject",
	    TEXT(DAEMON "Subject: x\nX-IMAP: 1 2\n\nx\n"), .count = 1,
	    .message = {
		{ 0, 70, 17, MAIL("Subject: x\n\nx\n") } } },
	{ "A subject in its body makes no mail internal",
	    TEXT(DAEMON "X-IMAP: 1 2\n\n" INTERNAL), .count = 1, .message = {
		{ 0, 116, 62, MAIL("\n" INTERNAL) } } },

	/* --- Content-Length --- */
	{ "A right Content-Length keeps From_ lines in the text",
	    TEXT(FROM "Content-Length: 37\n\nx\n\n" FROM "\n" FROM "\ny\n"),
	    .count = 2, .message = {
		{ 0, 92, 42, MAIL("\nx\n\n" FROM) },
		{ 92, 37, 5, MAIL("\ny\n") } } },
	{ "A Content-Length hides no message that was delivered",
	    TEXT(FROM "Content-Length: 52\n\nx\n\n" FROM
	    "Received: a\n\ny\n\n" FROM "\nz\n"),
	    .count = 3, .message = {
		{ 0, 57, 5, MAIL("\nx\n") },
		{ 57, 50, 18, MAIL("Received: a\n\ny\n") },
		{ 107, 37, 5, MAIL("\nz\n") } } },
	{ "A Content-Length hides no message that was delivered when the clock "
	    "had gone back by less than a day",
	    TEXT(FROM "Content-Length: 52\n\nx\n\n" AUTUMN
	    "Received: a\n\ny\n\n" FROM "\nz\n"),
	    .count = 3, .message = {
		{ 0, 57, 5, MAIL("\nx\n") },
		{ 57, 50, 18, MAIL("Received: a\n\ny\n") },
		{ 107, 37, 5, MAIL("\nz\n") } } },
	{ "A Content-Length may hide mail that was delivered before",
	    TEXT(FROM "Content-Length: 52\n\nx\n\n" OLDER
	    "Received: a\n\ny\n\n" FROM "\nz\n"),
	    .count = 2, .message = {
		{ 0, 107, 60, MAIL("\nx\n\n" OLDER "Received: a\n\ny\n") },
		{ 107, 37, 5, MAIL("\nz\n") } } },
	{ "A right Content-Length may lead to the From_ line itself",
	    TEXT(FROM "Content-Length: 38\n\nx\n\n" FROM "\n" FROM "\ny\n"),
	    .count = 2, .message = {
		{ 0, 92, 42, MAIL("\nx\n\n" FROM) },
		{ 92, 37, 5, MAIL("\ny\n") } } },
	{ "A right Content-Length may lead to the end of the file",
	    TEXT(FROM "Content-Length: 39\n\nx\n\n" FROM "y\n"), .count = 1,
	    .message = {
		{ 0, 93, 45, MAIL("\nx\n\n" FROM "y\n") } } },
	{ "A right Content-Length may lead to the last empty line",
	    TEXT(FROM "Content-Length: 39\n\nx\n\n" FROM "y\n\n"), .count = 1,
	    .message = {
		{ 0, 94, 45, MAIL("\nx\n\n" FROM "y\n") } } },
	{ "A right Content-Length may lead to the end of a file without LF",
	    TEXT(FROM "Content-Length: 38\n\nx\n\n" FROM "y"), .count = 1,
	    .message = {
		{ 0, 92, 45, MAIL("\nx\n\n" FROM "y\n") } } },
	{ "A right Content-Length may lead to a last From_ line without LF",
	    TEXT(FROM "Content-Length: 38\n\nx\n\n" FROM
	    "\nFrom a@b Mon Jan  1 00:00:00 2024"), .count = 2, .message = {
		{ 0, 92, 42, MAIL("\nx\n\n" FROM) },
		{ 92, 33, 0, MAIL("") } } },
	{ "A right Content-Length may end where a line came without its LF",
	    TEXT(FROM "Content-Length: 1\n\nx\n" FROM "\ny\n"), .count = 2,
	    .message = {
		{ 0, 55, 5, MAIL("\nx\n") },
		{ 55, 37, 5, MAIL("\ny\n") } } },
	{ "A right Content-Length may end where a line came without its CRLF",
	    TEXT(FROM "Content-Length: 1\n\nx\r\n" FROM "\ny\n"), .count = 2,
	    .message = {
		{ 0, 56, 5, MAIL("\nx\r\n") },
		{ 56, 37, 5, MAIL("\ny\n") } } },
	{ "A right Content-Length needs no empty line before the From_ line",
	    TEXT(FROM "Content-Length: 2\n\nx\n" FROM "\ny\n"), .count = 2,
	    .message = {
		{ 0, 55, 5, MAIL("\nx\n") },
		{ 55, 37, 5, MAIL("\ny\n") } } },
	{ "A Content-Length of 0 leaves an empty body",
	    TEXT(FROM "Content-Length: 0\n\n" FROM "\ny\n"), .count = 2,
	    .message = {
		{ 0, 53, 2, MAIL("\n") },
		{ 53, 37, 5, MAIL("\ny\n") } } },
	{ "A Content-Length that is too small is not believed",
	    TEXT(FROM "Content-Length: 1\n\nx\n\n" FROM "\ny\n"), .count = 2,
	    .message = {
		{ 0, 56, 5, MAIL("\nx\n") },
		{ 56, 37, 5, MAIL("\ny\n") } } },
	{ "One that leads into the middle of a line is not believed",
	    TEXT(FROM "Content-Length: 1\n\nz" FROM "\n" FROM "\ny\n"),
	    .count = 2, .message = {
		{ 0, 89, 38, MAIL("\nz" FROM) },
		{ 89, 37, 5, MAIL("\ny\n") } } },
	{ "One that leads to text \"From \" is not believed",
	    TEXT(FROM "Content-Length: 40\n\nx\n\n" FROM "\ny\n"
	    "From me\nz\n"), .count = 2, .message = {
		{ 0, 57, 5, MAIL("\nx\n") },
		{ 57, 47, 17, MAIL("\ny\nFrom me\nz\n") } } },
	{ "One that leads past the end of the file is not believed",
	    TEXT(FROM "Content-Length: 40\n\nx\n\n" FROM "y\n"), .count = 2,
	    .message = {
		{ 0, 57, 5, MAIL("\nx\n") },
		{ 57, 36, 3, MAIL("y\n") } } },
	{ "One that two empty lines follow is believed",
	    TEXT(FROM "Content-Length: 37\n\nx\n\n" FROM "\n\n" FROM "\n"),
	    .count = 2, .message = {
		{ 0, 93, 44, MAIL("\nx\n\n" FROM "\n") },
		{ 93, 35, 2, MAIL("\n") } } },
	{ "One that three empty lines follow is not believed",
	    TEXT(FROM "Content-Length: 37\n\nx\n\n" FROM "\n\n\n" FROM "\n"),
	    .count = 3, .message = {
		{ 0, 57, 5, MAIL("\nx\n") },
		{ 57, 37, 4, MAIL("\n\n") },
		{ 94, 35, 2, MAIL("\n") } } },
	{ "A huge, negative or odd Content-Length is not believed",
	    TEXT(FROM "Content-Length: 18446744073709551615\n\nx\n\n" FROM
	    "Content-Length: -2\n\n\n" FROM
	    "Content-Length: 18446744073709551617\n\nx\n\n" FROM
	    "Content-Length: 9223372036854775807\n\nx\n"), .count = 4,
	    .message = {
		{ 0, 75, 5, MAIL("\nx\n") },
		{ 75, 55, 2, MAIL("\n") },
		{ 130, 75, 5, MAIL("\nx\n") },
		{ 205, 73, 5, MAIL("\nx\n") } } },
	{ "A Content-Length near 2^64 wraps to no place in the file",
	    TEXT(FROM "Content-Length: 18446744073709551614\n\nx\n\n" FROM
	    "Content-Length: 18446744073709551544\n\nx\n"), .count = 2,
	    .message = {
		{ 0, 75, 5, MAIL("\nx\n") },
		{ 75, 74, 5, MAIL("\nx\n") } } },
	{ "A Content-Length with signs, blanks inside or nothing is none",
	    TEXT(FROM "Content-Length: +39\n\nx\n\n" FROM
	    "Content-Length: 3 9\n\nx\n\n" FROM
	    "Content-Length:\n\nx\n\n" FROM "\ny\n"), .count = 4, .message = {
		{ 0, 58, 5, MAIL("\nx\n") },
		{ 58, 58, 5, MAIL("\nx\n") },
		{ 116, 54, 5, MAIL("\nx\n") },
		{ 170, 37, 5, MAIL("\ny\n") } } },
	{ "A Content-Length in the body says nothing",
	    TEXT(FROM "\nContent-Length: 40\n\n" FROM "y\n"), .count = 2,
	    .message = {
		{ 0, 55, 22, MAIL("\nContent-Length: 40\n") },
		{ 55, 36, 3, MAIL("y\n") } } },
	{ "A Content-Length of one message says nothing of the next",
	    TEXT(FROM "Content-Length: 2\n\nx\n\n" FROM "\ny\n\n" FROM "\nz\n"),
	    .count = 3, .message = {
		{ 0, 56, 5, MAIL("\nx\n") },
		{ 56, 38, 5, MAIL("\ny\n") },
		{ 94, 37, 5, MAIL("\nz\n") } } },
};

/* Too large for the stack. */
static struct seen whole, pieces, alone;

static void
check_message(const struct seen *seen, size_t i,
    const struct message_wanted *wanted)
{
	const struct seen_message *found = &seen->message[i];
	char text[300];

	check_that(found->start == wanted->start, "message %zu starts at %ju, "
	    "not %ju", i + 1, (uintmax_t)found->start,
	    (uintmax_t)wanted->start);
	check_that(found->end - found->start == wanted->length,
	    "message %zu has length %ju, not %ju", i + 1,
	    (uintmax_t)(found->end - found->start),
	    (uintmax_t)wanted->length);
	check_that(found->text_length == wanted->text_length &&
	    memcmp(seen->text + found->text, wanted->text,
	    wanted->text_length) == 0, "message %zu is \"%s\"", i + 1,
	    check_show(text, sizeof(text), seen->text + found->text,
	    found->text_length));
	check_that(found->octets == wanted->octets,
	    "message %zu has %ju octets, not %ju", i + 1,
	    (uintmax_t)found->octets, (uintmax_t)wanted->octets);
	check_that(found->internal == wanted->internal,
	    "message %zu internal: %d", i + 1, found->internal);
}

/* Cuts the box everywhere, and once at each position from `first` to `last`. */
static void
check_cuts(struct box *box, size_t first, size_t last)
{
	struct cuts cuts = { .where = CUT_EVERYWHERE };
	const char *what;

	seen_scan(&pieces, box, 0, box->length, false, &cuts);
	what = seen_difference(&whole, &pieces);
	check_that(what == NULL, "fed octet by octet: %s",
	    what == NULL ? "" : what);
	cuts.where = CUT_ONCE;
	for (cuts.at = first; cuts.at <= last; cuts.at++) {
		seen_scan(&pieces, box, 0, box->length, false, &cuts);
		what = seen_difference(&whole, &pieces);
		check_that(what == NULL, "cut at %zu: %s", cuts.at,
		    what == NULL ? "" : what);
	}
}

static void
check_alone(struct box *box)
{
	static const struct cuts cuts[] = { { .where = CUT_NOWHERE },
	    { .where = CUT_EVERYWHERE } };

	for (size_t i = 0; i < 2; i++) {
		const char *what = seen_fault(&whole, box, &alone, &cuts[i]);

		check_that(what == NULL, "%s", what == NULL ? "" : what);
	}
}

static void
check_mailbox(const struct mailbox *mailbox)
{
	struct cuts nowhere = { .where = CUT_NOWHERE };
	struct box box = { mailbox->at, mailbox->length };

	check_begin(mailbox->sentence);
	seen_scan(&whole, &box, 0, box.length, false, &nowhere);
	check_that(whole.fault == NULL, "%s", whole.fault == NULL ? ""
	    : whole.fault);
	check_that(whole.bad == mailbox->bad, "MBOX_BAD: %d", whole.bad);
	if (check_that(whole.count == mailbox->count, "%zu messages, not %zu",
	    whole.count, mailbox->count))
		for (size_t i = 0; i < mailbox->count; i++)
			check_message(&whole, i, &mailbox->message[i]);
	check_cuts(&box, 0, box.length);
	check_alone(&box);
	check_end();
}

/* --- lines of any length -------------------------------------------------- */

/* How a long line looks: what it starts with, is filled up with, ends in. */
struct long_line {
	const char *sentence;
	const char *before, *start, *end, *after;
	enum {
		IS_TEXT,	/* the line is in the text of message 1 */
		IS_HIDDEN,	/* it is in none */
		IS_FROM,	/* it begins message 2, up to MBOX_FROM_MAX */
		IS_FIRST,	/* it begins message 1, up to MBOX_FROM_MAX */
	} role;
};

static const struct long_line long_lines[] = {
	{ "A long header is text", FROM, "A: ", "\n", "B: c\n\nx\n", IS_TEXT },
	{ "A long header with CRLF is text", FROM, "A: ", "\r\n", "\nx\n",
	    IS_TEXT },
	{ "A long header at the end gets its LF", FROM, "A: ", "", "",
	    IS_TEXT },
	{ "A long header at the end in CR gets its LF", FROM, "A: ", "\r", "",
	    IS_TEXT },
	{ "A long continuation line is text", FROM "A: b\n", " ", "\n",
	    "\nx\n", IS_TEXT },
	{ "A long line without a colon is text", FROM, "A", "\n", "\nx\n",
	    IS_TEXT },
	{ "A long hidden header is left out", FROM "A: b\n", "X-Keywords: ",
	    "\n", "B: c\n\nx\n", IS_HIDDEN },
	{ "A long hidden header with CRLF is left out", FROM "A: b\n",
	    "X-Keywords: ", "\r\n", " more\n\nx\n", IS_HIDDEN },
	{ "A long hidden header at the end is left out", FROM "A: b\n",
	    "X-Keywords: ", "", "", IS_HIDDEN },
	{ "A long continuation line of a hidden header is left out",
	    FROM "X-Keywords: k\n", "\t", "\n", "A: b\n\nx\n", IS_HIDDEN },
	{ "A long line of the body is text", FROM "\n", "x", "\n", "y\n",
	    IS_TEXT },
	{ "A long line of the body after an empty one is text",
	    FROM "\nx\n\n", "From x", "\n", "y\n", IS_TEXT },
	{ "A long line of the body with CRLF is text", FROM "\nx\n\n",
	    "From x", "\r\n", "\n" FROM, IS_TEXT },
	{ "A long last line of the body gets its LF", FROM "\nx\n\n",
	    "From x", "", "", IS_TEXT },
	{ "A long From_ line of up to MBOX_FROM_MAX octets begins a message",
	    FROM "\nx\n\n", "From a@b Mon Jan  1 00:00:00 2024 ", "\n",
	    "A: b\n\ny\n", IS_FROM },
	{ "A long From_ line with CRLF begins a message",
	    FROM "\nx\n\n", "From a@b Mon Jan  1 00:00:00 2024 ", "\r\n",
	    "A: b\r\n\r\ny\r\n", IS_FROM },
	{ "A long From_ line after two empty lines begins a message",
	    FROM "\nx\n\n\n", "From a@b Mon Jan  1 00:00:00 2024 ", "\n",
	    "A: b\n\ny\n", IS_FROM },
	{ "A long From_ line may begin an mbox",
	    "\n", "From a@b Mon Jan  1 00:00:00 2024 ", "\n",
	    "A: b\n\ny\n", IS_FIRST },
};

/* A mailbox around a line of `length` octets, its line end included. */
static void
make_long(const struct long_line *line, size_t length, char *at,
    struct box *box, size_t *line_start)
{
	size_t filler = length - strlen(line->start) - strlen(line->end);
	char *end = at;

	end = stpcpy(end, line->before);
	*line_start = (size_t)(end - at);
	end = stpcpy(end, line->start);
	memset(end, 'x', filler);
	end = stpcpy(end + filler, line->end);
	end = stpcpy(end, line->after);
	*box = (struct box){ at, (size_t)(end - at) };
}

/* Whether the text of message 1 has the line in it. */
static bool
has_line(const struct box *box, size_t line_start, size_t length)
{
	const struct seen_message *first = &whole.message[0];

	return memmem(whole.text + first->text, first->text_length,
	    box->at + line_start, length) != NULL;
}

static void
check_role(const struct long_line *line, const struct box *box,
    size_t line_start, size_t length)
{
	bool is_from = length <= MBOX_FROM_MAX;
	size_t count = line->role == IS_FROM && is_from ? 2
	    : strcmp(line->after, "\n" FROM) == 0 ? 2 : 1;

	if (line->role == IS_FIRST && !is_from) {
		check_that(whole.bad, "%zu: not bad", length);
		return;
	}
	if (!check_that(!whole.bad && whole.count == count,
	    "%zu: %zu messages, bad: %d", length, whole.count, whole.bad))
		return;
	if (line->role == IS_FROM && is_from)
		check_same(whole.message[1].start, line_start, "start");
	check_that(has_line(box, line_start, length) ==
	    (line->role == IS_TEXT || (line->role == IS_FROM && !is_from)),
	    "%zu: whether the line is text", length);
	check_that(line->role != IS_HIDDEN ||
	    memmem(whole.text, whole.text_length, "xx", 2) == NULL,
	    "%zu: a part of it is text", length);
}

static void
check_long_line(const struct long_line *line)
{
	static char at[8192];
	static const struct cuts nowhere = { .where = CUT_NOWHERE };

	check_begin(line->sentence);
	for (size_t length = MBOX_FROM_MAX - 8; length <= MBOX_FROM_MAX + 8;
	    length++) {
		struct box box;
		size_t line_start, boundary;

		make_long(line, length, at, &box, &line_start);
		seen_scan(&whole, &box, 0, box.length, false, &nowhere);
		check_that(whole.fault == NULL, "%s",
		    whole.fault == NULL ? "" : whole.fault);
		check_role(line, &box, line_start, length);
		boundary = line_start + MBOX_FROM_MAX;
		check_cuts(&box, line_start, line_start + 8);
		check_cuts(&box, boundary - 12, box.length < boundary + 12
		    ? box.length : boundary + 12);
		check_alone(&box);
	}
	check_end();
}

/* A From_ line that is not known to be whole. */
static void
check_unfinished_from(const char *sentence, const char *before)
{
	static const struct long_line line = {
		.start = "From a@b Mon Jan  1 00:00:00 2024 ",
		.end = "", .after = ""
	};
	static const struct cuts nowhere = { .where = CUT_NOWHERE };
	static char at[8192];
	struct long_line with = line;

	with.before = before;
	check_begin(sentence);
	for (size_t length = MBOX_FROM_MAX - 8; length <= MBOX_FROM_MAX + 8;
	    length++) {
		struct box box;
		size_t start, count;

		make_long(&with, length, at, &box, &start);
		seen_scan(&whole, &box, 0, box.length, false, &nowhere);
		count = length < MBOX_FROM_MAX ? 2 : 1;
		check_that(whole.count == count, "%zu: %zu messages", length,
		    whole.count);
		check_cuts(&box, start + length - 12, box.length);
		check_alone(&box);
	}
	check_end();
}

/* A Content-Length that leads to a From_ line of any length. */
static void
check_claimed_from(const char *sentence, const char *line_end)
{
	static const struct long_line line = {
		.start = "From a@b Mon Jan  1 00:00:00 2024 ",
		.after = "\ny\n",
	};
	static const struct cuts nowhere = { .where = CUT_NOWHERE };
	static char at[8192], before[200];
	struct long_line with = line;

	with.before = before;
	with.end = line_end;
	snprintf(before, sizeof(before), FROM "Content-Length: %d%s\n\n%s%s",
	    37, line_end[0] == '\r' ? "\r" : "", "x\n\n" FROM, line_end);
	check_begin(sentence);
	for (size_t length = MBOX_FROM_MAX - 8; length <= MBOX_FROM_MAX + 8;
	    length++) {
		struct box box;
		size_t start, wanted;

		make_long(&with, length, at, &box, &start);
		wanted = length <= MBOX_FROM_MAX ? start
		    : start - strlen(line_end) - strlen(FROM);
		seen_scan(&whole, &box, 0, box.length, false, &nowhere);
		if (check_that(whole.count == 2, "%zu: %zu messages", length,
		    whole.count))
			check_that(whole.message[1].start == wanted,
			    "From_ line of %zu octets: message 2 at %ju, not "
			    "%zu", length, (uintmax_t)whole.message[1].start,
			    wanted);
		check_alone(&box);
	}
	check_end();
}

/* The spools of delivery agents (tests/corpus/README). */
static void
check_spool(const char *path)
{
	static const struct cuts nowhere = { .where = CUT_NOWHERE };
	static char at[SEEN_TEXT_MAX];
	FILE *file = fopen(path, "r");
	struct box box = { at, 0 };

	check_begin("A spool of a delivery agent holds its seven messages");
	if (check_that(file != NULL, "no %s", path)) {
		box.length = fread(at, 1, sizeof(at), file);
		fclose(file);
		seen_scan(&whole, &box, 0, box.length, false, &nowhere);
		check_that(whole.count == 7, "%s: %zu messages", path,
		    whole.count);
		check_cuts(&box, 0, box.length);
		check_alone(&box);
	}
	check_end();
}

int
main(void)
{
	static const char *const spools[] = {
		"tests/corpus/dovecot-lda.mbox", "tests/corpus/exim4.mbox",
		"tests/corpus/maildrop.mbox",
		"tests/corpus/mailutils-mda.mbox",
		"tests/corpus/procmail-content-length.mbox",
	};

	for (size_t i = 0; i < sizeof(spools) / sizeof(spools[0]); i++)
		check_spool(spools[i]);
	for (size_t i = 0; i < sizeof(mailboxes) / sizeof(mailboxes[0]); i++)
		check_mailbox(&mailboxes[i]);
	for (size_t i = 0; i < sizeof(long_lines) / sizeof(long_lines[0]); i++)
		check_long_line(&long_lines[i]);
	check_unfinished_from("A last From_ line without LF begins a message "
	    "up to MBOX_FROM_MAX", FROM "\nx\n\n");
	check_unfinished_from("A last From_ line without LF does so after "
	    "two empty lines", 	    FROM "\nx\n\n\n");
	check_claimed_from("Content-Length is believed if the From_ line it "
	    "leads to has up to MBOX_FROM_MAX octets", "\n");
	check_claimed_from("Content-Length is so believed with CRLF "
	    "too", "\r\n");
	return check_status();
}
