/*
 * A maildrop in memory, and accounts, in place of maildrop.c and auth.c. Every
 * message is read in pieces of one size; calls fail as they are told.
 */
#ifndef TESTS_FUZZ_FAKE_MAILDROP_H
#define TESTS_FUZZ_FAKE_MAILDROP_H

#include "auth.h"
#include "maildrop.h"
#include "tests/fuzz/fuzz.h"

#define FAKE_MESSAGES_MAX 8

struct fake_message {
	char *text;			/* ends with LF, or is empty */
	size_t length;
	uint64_t octets;
	bool marked;
};

struct maildrop {
	struct fake_message at[FAKE_MESSAGES_MAX];
	size_t count, piece;
	enum maildrop_status begin_status, read_status, commit_status;
	size_t reading, position;
	/* Called by maildrop_commit. */
	void (*committed)(const struct maildrop *);
};

/* Accounts need no memory. */
enum auth_status
auth_check(const struct auth *auth, const char *name, const char *password,
    struct auth_account *account, enum auth_reason *reason)
{
	(void)auth;
	*reason = AUTH_WRONG;
	if (strcmp(name, "system") == 0)
		return AUTH_TEMPORARY;
	if (strcmp(name, "mrose") != 0 || strcmp(password, "secret") != 0)
		return AUTH_REFUSED;
	*account = (struct auth_account){ .name = "mrose", .uid = 2001 };
	return AUTH_OK;
}

/* Adds a message with these octets in the mailbox. */
static inline void
fake_add(struct maildrop *m, const char *octets, size_t length)
{
	struct fake_message *message = &m->at[m->count];

	if (m->count == FAKE_MESSAGES_MAX)
		return;
	m->count++;
	message->text = fuzz_memory(length + 1);
	if (length > 0)
		memcpy(message->text, octets, length);
	if (length > 0 && octets[length - 1] != '\n')
		message->text[length++] = '\n';
	message->length = message->octets = length;
	for (size_t i = 0; i < length; i++)
		message->octets += message->text[i] == '\n' &&
		    (i == 0 || message->text[i - 1] != '\r');
}

static inline void
fake_clear(struct maildrop *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->at[i].text);
}

static struct fake_message *
fake_message_of(const struct maildrop *m, uint64_t number)
{
	fuzz_require(maildrop_has(m, number), "no message %llu",
	    (unsigned long long)number);
	return (struct fake_message *)&m->at[number - 1];
}

size_t
maildrop_count(const struct maildrop *m)
{
	return m->count;
}

struct maildrop_totals
maildrop_totals(const struct maildrop *m)
{
	struct maildrop_totals totals = { 0 };

	for (size_t i = 0; i < m->count; i++) {
		totals.messages += !m->at[i].marked;
		totals.octets += m->at[i].marked ? 0 : m->at[i].octets;
	}
	return totals;
}

bool
maildrop_has(const struct maildrop *m, uint64_t number)
{
	return number >= 1 && number <= m->count;
}

bool
maildrop_is_marked(const struct maildrop *m, uint64_t number)
{
	return fake_message_of(m, number)->marked;
}

uint64_t
maildrop_octets(const struct maildrop *m, uint64_t number)
{
	return fake_message_of(m, number)->octets;
}

void
maildrop_uidl(const struct maildrop *m, uint64_t number, struct strbuf *text)
{
	fake_message_of(m, number);
	strbuf_format(text, "id-%llu", (unsigned long long)number);
}

void
maildrop_mark(struct maildrop *m, uint64_t number)
{
	fake_message_of(m, number)->marked = true;
}

void
maildrop_unmark_all(struct maildrop *m)
{
	for (size_t i = 0; i < m->count; i++)
		m->at[i].marked = false;
}

enum maildrop_status
maildrop_read_begin(struct maildrop *m, uint64_t number)
{
	fuzz_require(!maildrop_is_marked(m, number), "a deleted message");
	m->reading = number - 1;
	m->position = 0;
	return m->begin_status;
}

enum maildrop_status
maildrop_read(struct maildrop *m, const char **octets, size_t *length)
{
	const struct fake_message *message = &m->at[m->reading];
	size_t left = message->length - m->position;

	if (m->read_status != MAILDROP_OK)
		return m->read_status;
	*octets = message->text + m->position;
	*length = left < m->piece ? left : m->piece;
	m->position += *length;
	return MAILDROP_OK;
}

enum maildrop_status
maildrop_commit(struct maildrop *m)
{
	m->committed(m);
	return m->commit_status;
}

#endif
