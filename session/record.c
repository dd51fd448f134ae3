#include "session/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "base/deadline.h"
#include "base/log.h"

static const struct log_kind login_line = {
	LOG_INFO, "login", "0c8a6ff0b8e94d5cb5f7a2f1a3bb5d64"
};
static const struct log_kind session_line = {
	LOG_INFO, "session", "4d9bfb9e1f5a4a3c9f4b5a86ce1d2a07"
};
static const struct log_kind refused_line = {
	LOG_NOTICE, "refused", "b8e7e0f1c3a94a2d8a6f2f3f9d6f5c11"
};

const char *
record_reason(enum connection_status status)
{
	switch (status) {
	case CONNECTION_TIMED_OUT:
		return "timeout";
	case CONNECTION_STALLED:
		return "stalled";
	case CONNECTION_CLOSED:
	case CONNECTION_BROKEN:
		return "disconnected";
	case CONNECTION_OK:
		break;
	}
	return "quit";
}

/* The client chose the name: nothing in it may look like another field to a
 * program that reads the line. */
static void
make_harmless(char *name)
{
	static const char harmless[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789@._+-";

	for (; *(name += strspn(name, harmless)) != '\0'; name++)
		*name = '?';
}

/* What was sent is told where that is not the account's own name. */
void
record_login(const struct session *s)
{
	char sent[sizeof(s->name)];
	const struct log_field fields[] = {
		{ "client", s->settings.client },
		{ "user", s->account.name },
		{ "sent", sent },
	};

	memcpy(sent, s->name, sizeof(sent));
	make_harmless(sent);
	log_event(&login_line, fields, COUNT(fields) -
	    (strcmp(s->name, s->account.name) == 0));
}

void
record_refused(const struct session *s, const char *reason)
{
	char name[sizeof(s->name)];
	const struct log_field fields[] = {
		{ "client", s->settings.client },
		{ "user", s->name[0] == '\0' ? NULL : name },
		{ "reason", reason },
	};

	memcpy(name, s->name, sizeof(name));
	make_harmless(name);
	log_event(&refused_line, fields, COUNT(fields));
}

void
record_session(const struct session *s, int priority)
{
	const struct log_kind kind = {
		priority, session_line.name, session_line.message_id
	};
	char numbers[8][24], seconds[32];
	const uint64_t values[8] = {
		s->retrieved.messages, s->retrieved.octets,
		s->topped.messages, s->topped.octets,
		s->deleted.messages, s->deleted.octets,
		s->left.messages, s->left.octets,
	};
	const struct log_field fields[] = {
		{ "client", s->settings.client },
		{ "user", s->account.name[0] == '\0' ? NULL
		    : s->account.name },
		{ "retrieved", numbers[0] }, { "retrieved_octets", numbers[1] },
		{ "top", numbers[2] }, { "top_octets", numbers[3] },
		{ "deleted", numbers[4] }, { "deleted_octets", numbers[5] },
		{ "left", numbers[6] }, { "left_octets", numbers[7] },
		{ "seconds", seconds },
		{ "reason", s->reason },
		{ "tls", connection_tls_version(s->connection) },
	};

	for (size_t i = 0; i < 8; i++)
		snprintf(numbers[i], sizeof(numbers[i]), "%" PRIu64, values[i]);
	snprintf(seconds, sizeof(seconds), "%.3f",
	    deadline_clock() - s->began);
	log_event(&kind, fields, COUNT(fields));
}
