/*
 * AUTHORIZATION (RFC 1939 section 4): STLS, USER, PASS and AUTH; what a refused
 * login costs.
 */
#ifndef SESSION_AUTHORIZATION_H
#define SESSION_AUTHORIZATION_H

#include <stdbool.h>

#include "session/command.h"
#include "session/response.h"
#include "session/state.h"

enum reply do_stls(struct session *, const struct command_arguments *);
enum reply do_user(struct session *, const struct command_arguments *);
enum reply do_pass(struct session *, const struct command_arguments *);
enum reply do_auth(struct session *, const struct command_arguments *);

/* The handshake. False if it failed: the conversation is over. */
bool start_tls(struct session *);

/* Logs that a login was refused for want of TLS, once, with the name if the
 * line is a USER. */
void note_plaintext_refused(struct session *, const struct line *);

#endif
