/*
 * What a store of mail must do to be a maildrop: a storage driver. maildrop.c
 * keeps the numbers, the marks and the totals, has the table of drivers, and
 * knows no store but through this.
 *
 *	view, describe_lock	for who only looks
 *	claim			as the service user; control files are open
 *	  is_interrupted	for --recover
 *	open			as the account; the last to open anything, but
 *				for what `rights` asks for
 *	load, remember		the list of messages
 *	read_begin, read	one message
 *	inspect, copy		all of them, for an import or an export
 *	update			the only one that changes mail
 *	close			always
 *
 * If we stop inside update, the redo log (control.h) says what the next load
 * has to finish. If we stop elsewhere, the mail is as it was.
 */
#ifndef MAILDROP_STORE_H
#define MAILDROP_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/rights.h"
#include "base/strbuf.h"
#include "maildrop/control.h"
#include "maildrop/message.h"
#include "maildrop/status.h"
#include "maildrop/uidl.h"

struct store;

/* What there is to see of a mailbox for who neither locks nor changes it. */
enum view_index {
	VIEW_INDEX_NONE,
	VIEW_INDEX_OLD,		/* the mailbox has changed since */
	VIEW_INDEX_HOLDS,
	VIEW_INDEX_WRONG,	/* it should hold, and tells of other mail */
};

struct store_view {
	bool is_there;		/* if so: */
	unsigned mode;
	size_t messages;
	uint64_t octets;
	enum view_index index;
};

/* Takes the head of message `i` as it stands in the store, From_ line and all:
 * its header, and 512 octets at least; all of it if it has less. If not
 * is_whole, its header is too long. What stands before the first message has
 * the number STORE_BEFORE_FIRST. */
#define STORE_BEFORE_FIRST SIZE_MAX
typedef void store_look(void *context, size_t i, const char *head,
    size_t length, bool is_whole);

/* Appends a header of a line for message `i`, its LF included. */
typedef void store_header(void *context, size_t i, struct strbuf *header);

struct store_driver {
	const char *prefix;	/* of a template (--maildrop) that means this
				   store; NULL: any other */
	struct control_kind control;

	/* Whether something may be left beside the mailbox at `path` that
	 * is_interrupted wants to see, by a look at a name. */
	bool (*has_left)(const char *path);

	/* Looks at the mailbox at `path`, which must be the owner's, as that
	 * user; `cache` is open for reading, or -1. CHANGED without a log line
	 * if somebody writes to it just now. */
	enum maildrop_status (*view)(const char *path, uid_t owner,
	    const struct uidl_scheme *, int cache, struct store_view *);

	/* Describes the lock beside the mailbox at `path` that is a file, and
	 * how many seconds it has been there; false if there is none. */
	bool (*describe_lock)(const char *path, struct strbuf *,
	    int64_t *seconds);

	/* Path and control files stay the caller's. NULL if there is no
	 * memory. */
	struct store *(*claim)(const char *path, const struct control *);

	/* Whether an update was interrupted, be it before it changed anything,
	 * or a lock was left. If the redo log tells of an update, *user is
	 * whose it says it was. False after a log line. */
	bool (*is_interrupted)(const struct store *, bool *is_so,
	    uint64_t *user);

	/* Opens the mailbox, which must be the owner's, and locks it unless it
	 * is known to be as it was; reads nothing of it. */
	enum maildrop_status (*open)(struct store *, uid_t owner,
	    const struct uidl_scheme *);

	/* What is needed after that: the number of entries, which are at most
	 * RIGHTS_MAX. */
	size_t (*rights)(const struct store *, struct directory_rights *);

	/* Finishes an interrupted update, fills the list, which is empty, and
	 * drops the lock. Those that are not known to the list want their
	 * ordinals. */
	enum maildrop_status (*load)(struct store *, struct message_list *);

	/* Lets the next load find the list, as it is now, without looking at
	 * the mail again. Does nothing if there is nothing new. */
	void (*remember)(struct store *, struct message_list *);

	/* Begins to read message `i` of the list, which stays where it is, and
	 * in which it may note that the message was looked at. */
	enum maildrop_status (*read_begin)(struct store *,
	    struct message_list *, size_t i);

	/* The next text of it, *length 0 at its end; the store's until the
	 * next call. */
	enum maildrop_status (*read)(struct store *, const char **data,
	    size_t *length);

	/* Shows all messages, in order, while others are locked out. */
	enum maildrop_status (*inspect)(struct store *,
	    const struct message_list *, store_look *, void *context);

	/* Copies the mailbox, as it stands, into the file open as `fd`, with
	 * such a header more in each message, while others are locked out. */
	enum maildrop_status (*copy)(struct store *,
	    const struct message_list *, int fd, store_header *,
	    void *context);

	/* Removes the marked messages, durably, also from the list. */
	enum maildrop_status (*update)(struct store *, struct message_list *);

	/* Closes; NULL is fine. */
	void (*close)(struct store *);
};

extern const struct store_driver store_mbox;	/* mbox/ */

#endif
