/*
 * The dotlock that is there: whose it is, and whether it is stale, that is,
 * whether nobody will remove it unless we do.
 */
#ifndef MAILDROP_MBOX_DOTLOCK_STALE_H
#define MAILDROP_MBOX_DOTLOCK_STALE_H

#include <limits.h>
#include <stdbool.h>

#include "base/strbuf.h"
#include "maildrop/mbox/dotlock_maker.h"

/* The age at which a dotlock of another program is stale. Agents give up on
 * one after 5 (liblockfile) to 30 (exim) minutes: we take the longest. */
#define DOTLOCK_STALE_SECONDS 1800

/* Room for a name with what we append: too long a one shows as an error of the
 * system. */
#define DOTLOCK_NAME_SIZE (NAME_MAX + sizeof(".lock.pop3-handler.01234567"))

/* A mailbox's dotlock, and what we are about to make it of. */
struct dotlock_place {
	int directory;		/* of the mailbox */
	const char *path;	/* of the mailbox */
	char name[DOTLOCK_NAME_SIZE];
	char draft_name[DOTLOCK_NAME_SIZE];
	struct dotlock_self self;
	int draft;		/* the next dotlock, or -1 */
	bool is_named;		/* that has draft_name */
	bool warned_stale;	/* that one cannot be removed */
};

/* Whether the mailbox at `path` has one. */
bool dotlock_exists(const char *path);

/*
 * Whether there is a stale dotlock:
 *   - it is of the session lock that we hold, in this boot or by this host's
 *     name, or, if it is empty, by that of its draft; or
 *   - it is older than this boot, on a local file system, and of no other host;
 *     or,
 *   - if the caller holds the mailbox's kernel locks (is_alone), which a living
 *     maker would hold: it is ours, of this boot or host, or another program's
 *     of more than DOTLOCK_STALE_SECONDS.
 * A process that may open nothing goes by the times.
 */
bool dotlock_is_stale(const struct dotlock_place *, bool is_alone);

/* Removes the dotlock if that is so, which is logged. */
void dotlock_remove_stale(struct dotlock_place *, bool is_alone);

/* Whether there is one that is not stale for the holder of those locks. */
bool dotlock_is_alive(const struct dotlock_place *);

/* Removes the draft with a name that a killed session left, and before that,
 * since it may tell of it, the dotlock. For who has not yet made one. */
void dotlock_remove_draft(struct dotlock_place *);

/* Appends which dotlock there is, since when, and of which process it says it
 * is; false if there is none. */
bool dotlock_describe(const struct dotlock_place *, struct strbuf *);

#endif
