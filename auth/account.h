/* Who an account is, and how it ends when somebody claims to be its owner. */
#ifndef AUTH_ACCOUNT_H
#define AUTH_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#define AUTH_NAME_SIZE 65
#define AUTH_HOME_SIZE 1024

struct auth_account {
	char name[AUTH_NAME_SIZE];
	char home[AUTH_HOME_SIZE];
	uid_t uid;
	gid_t gid;
};

/* Why somebody is refused: for the log, and never for the client. But for the
 * first and the last, only of who has the right password. */
enum auth_reason {
	AUTH_WRONG,		/* the password, or there is no such account */
	AUTH_EXPIRED,		/* the account */
	AUTH_MUST_CHANGE,	/* the password */
	AUTH_LOCKED,
	AUTH_UID_TOO_LOW,
	AUTH_UID_RESERVED,
	AUTH_NOT_THIS_UID,
	AUTH_DENIED,		/* by PAM: not now, or not from there */
	AUTH_UNUSABLE_HASH,	/* nobody can know whether it was right */
	AUTH_NO_REASON,		/* not refused */
};

/* The word for it in a log line. */
const char *auth_reason_word(enum auth_reason);

/* What a source says of a name. */
enum auth_lookup {
	AUTH_FOUND,
	AUTH_UNKNOWN,
	AUTH_FAILED,		/* the source did not answer; logged */
};

enum auth_status {
	AUTH_OK,
	AUTH_REFUSED,
	AUTH_TEMPORARY,		/* could not find out, or not soon; logged */
};

/* Fills the account. False if `name` or `home` is too long: what fits is there,
 * and nobody must log in with it. */
bool auth_account_fill(struct auth_account *, const char *name, uid_t, gid_t,
    const char *home);

/* Copies a string into `size` octets. False if not all of it fits. */
bool auth_copy(char *to, size_t size, const char *from);

#endif
