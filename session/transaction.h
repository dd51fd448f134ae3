/*
 * TRANSACTION and UPDATE (RFC 1939 sections 5 and 6): what is done with
 * messages.
 *
 * A message number among the arguments was looked up before: it is of a message
 * that exists and is not marked as deleted.
 */
#ifndef SESSION_TRANSACTION_H
#define SESSION_TRANSACTION_H

#include "session/command.h"
#include "session/response.h"
#include "session/state.h"

enum reply do_stat(struct session *, const struct command_arguments *);
enum reply do_list(struct session *, const struct command_arguments *);
enum reply do_uidl(struct session *, const struct command_arguments *);
enum reply do_retr(struct session *, const struct command_arguments *);
enum reply do_top(struct session *, const struct command_arguments *);
enum reply do_dele(struct session *, const struct command_arguments *);
enum reply do_rset(struct session *, const struct command_arguments *);
enum reply do_noop(struct session *, const struct command_arguments *);

/* Removes the marked messages, and says goodbye. */
enum reply session_update(struct session *);

/* "2 messages (320 octets)", in `size` octets at `at`, which it returns. */
const char *totals_text(const struct session *, char *at, size_t size);

#endif
