/*
 * Name and password to an account, or a refusal that tells nothing.
 *
 *	auth_open, auth_check any number of times, auth_close
 *
 * A refusal costs the same work whether the name is known, unknown, locked,
 * or not to be served: one hash of each kind that accounts have. A few are made
 * at a time, over all processes. The caller evens out what is left by answering
 * refusals at whole steps of time. Where another process is asked (PAM), what a
 * refusal costs is that one's affair.
 */
#ifndef AUTH_H
#define AUTH_H

#include <stdbool.h>
#include <sys/types.h>

#include "auth/account.h"
#include "auth/policy.h"

struct auth;

/* `accounts` is "system"; "pam"; "saslauthd:" and the path of its socket; or
 * the path of a file of passwd(5) lines with crypt(5) hashes, which is read
 * now, from the descriptor `passed` if that is not -1. NULL after a log line.
 * Until _limit nobody is served. */
struct auth *auth_open(const char *accounts, int passed);
void auth_limit(struct auth *, const struct auth_policy *);
void auth_close(struct auth *);

/* Who asks from now on, by address, for a source that wants to know; not
 * copied. */
void auth_meet(struct auth *, const char *client);

/* What another process can be passed to open the same; or -1. */
int auth_descriptor(const struct auth *);

/* The system's UID_MIN and GID_MIN (login.defs(5)), 1000 where it has none. */
uid_t auth_system_uid_min(void);
gid_t auth_system_gid_min(void);

/* Whether names are the system's, and so are their groups; which file must be
 * readable until the last auth_check, or NULL (source.h). */
bool auth_uses_system_names(const char *accounts);
const char *auth_secrets(const char *accounts);

/* Loads what a check would load, such as modules of accounts: children of the
 * process need not then. Reads no secret. A module may leave a descriptor
 * open. */
void auth_touch(const struct auth *);

/* Looks an account up without a password, for an administrator. Where
 * there is one, *reason is why it may not log in, or AUTH_NO_REASON. */
enum auth_lookup auth_find(const struct auth *, const char *name,
    struct auth_account *account, enum auth_reason *reason);

/* Fills *account on AUTH_OK, and *reason on AUTH_REFUSED. `name`, as the client
 * has sent it, and `password` end with NUL; the caller wipes the password, and
 * no copy of it is left here. */
enum auth_status auth_check(const struct auth *, const char *name,
    const char *password, struct auth_account *account,
    enum auth_reason *reason);

#endif
