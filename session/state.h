/* What a conversation has, and how far it has come. */
#ifndef SESSION_STATE_H
#define SESSION_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth.h"
#include "connection/connection.h"
#include "maildrop.h"
#include "session/sasl.h"
#include "session/settings.h"

/* Messages and octets, for the log. */
struct tally {
	size_t messages;
	uint64_t octets;
};

struct session {
	struct connection *connection;
	const struct auth *auth;
	struct session_settings settings;
	double began;

	/* AUTHORIZATION */
	bool plaintext_refused;		/* a password was to be, without TLS */
	bool said_user, follows_user;	/* this line, the line before */
	char name[SASL_PART_MAX + 1];
	struct auth_account account;	/* once logged in */
	unsigned logins_refused, logins_put_off;

	/* TRANSACTION */
	struct maildrop *maildrop;

	/* for the log */
	struct tally retrieved, topped, deleted, left;
	const char *reason;		/* why it ended */
	bool system_failed;
};

#endif
