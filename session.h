/*
 * A POP3 conversation (RFC 1939), from the greeting to the goodbye.
 *
 *	session_new
 *	session_greet		reads nothing yet
 *	  session_start_tls	before it, where all is inside TLS (RFC 8314)
 *	session_authorize	AUTHORIZATION; an account, PASS unanswered
 *	  session_put_off	answers PASS: in use; then AUTHORIZATION again
 *	  session_transact	answers PASS; TRANSACTION; on QUIT, UPDATE
 *	  session_turn_away	or answers PASS with the reason why not
 *	session_end		logs the one line, frees, says how it ended
 *
 * Where others may listen, passwords are neither asked for nor taken before
 * TLS was started. PASS, or AUTH, is answered only once the maildrop is locked
 * and read, as RFC 1939 section 4 wants. The maildrop changes in UPDATE only,
 * which only a whole QUIT line in TRANSACTION enters (section 6). APOP is left
 * out for good: it needs passwords in clear on the server.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>

#include "auth.h"
#include "connection/connection.h"
#include "maildrop.h"
#include "session/settings.h"

struct session;

/* The connection, the accounts and what the settings point to stay the caller's
 * and must outlive the session. NULL if there is no memory. */
struct session *session_new(struct connection *, const struct auth *,
    const struct session_settings *);

void session_greet(struct session *);

/* The line that session_greet says, for whoever says it before there is a
 * session. */
#define SESSION_GREETING_SIZE 300	/* a host name has 255 octets at most */
void session_greeting(const char *hostname, char line[SESSION_GREETING_SIZE]);

/* The handshake. False if it failed: the conversation is over. */
bool session_start_tls(struct session *);

/* Goes on until a login succeeds (true, *account is set) or the conversation
 * is over. */
bool session_authorize(struct session *, struct auth_account *account);

/* Another session has the maildrop. Whether the client may log in again, by
 * session_authorize. */
bool session_put_off(struct session *);

void session_transact(struct session *, struct maildrop *);

/* What is IN_USE here is locked by another program, and not by a session. */
void session_turn_away(struct session *, enum maildrop_status);

/* Frees; NULL is fine. Returns whether the system did its part: false if
 * something failed that is not the client's doing. */
bool session_end(struct session *);

#endif
