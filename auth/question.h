/*
 * What is asked of a process that knows passwords, and what it answers, in the
 * wire format of saslauthd(8) (pure).
 *
 * A question is five parts, each a count in two octets, the higher one first,
 * and so many octets: name, password, service, realm, the client's address. An
 * answer is one such part that begins with "OK" or "NO". Behind "NO" a word may
 * say why; saslauthd has no such words.
 */
#ifndef AUTH_QUESTION_H
#define AUTH_QUESTION_H

#include <stdbool.h>
#include <stddef.h>

/* Where pop3-auth is asked. */
#define AUTH_SOCKET "/run/pop3-handler/auth"

#define QUESTION_PARTS 5
#define QUESTION_PART_MAX 256

/* Room for any question, and for one NUL behind it. */
#define QUESTION_SIZE (QUESTION_PARTS * (2 + QUESTION_PART_MAX) + 1)

/* Room for any answer that is read. */
#define ANSWER_SIZE (2 + 1024)

enum question_part {
	QUESTION_NAME,
	QUESTION_PASSWORD,
	QUESTION_SERVICE,
	QUESTION_REALM,
	QUESTION_ADDRESS,	/* the last */
};

struct question {
	const char *parts[QUESTION_PARTS];	/* none is NULL */
};

enum answer {
	ANSWER_YES,
	ANSWER_REFUSED,
	/* the password was right, but: */
	ANSWER_EXPIRED,		/* the account, or its password for good */
	ANSWER_MUST_CHANGE,	/* the password, before anything else */
	ANSWER_DENIED,		/* not now, or not from there */
	/* nobody knows */
	ANSWER_TEMPORARY,
};

enum question_status {
	QUESTION_GOOD,
	QUESTION_UNFINISHED,	/* more octets may make it good */
	QUESTION_BAD,
};

/* Writes it to `at`, of QUESTION_SIZE: how many octets. 0 if a part is too
 * long. */
size_t question_write(const struct question *, char *at);

/*
 * Reads it from `length` octets, behind which there is room for one more. If it
 * is good, each part in it has a NUL behind it now, and none within; the
 * pointers are into `octets`. Else nothing is changed.
 */
enum question_status question_read(char *octets, size_t length,
    struct question *);

/* The same of an answer, of ANSWER_SIZE. What stands behind it is left
 * alone. */
size_t answer_write(enum answer, char *at);
enum question_status answer_read(const char *octets, size_t length,
    enum answer *);

#endif
