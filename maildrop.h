/*
 * A maildrop: messages numbered from 1, as they were when it was opened.
 *
 *	maildrop_claim		as the service user: control files, session lock
 *	maildrop_open		as the account: open, lock
 *	maildrop_load		recover, scan, unlock; or what is known
 *	  maildrop_count ... maildrop_uidl
 *	  maildrop_read_begin, maildrop_read until it gives nothing
 *	  maildrop_mark, maildrop_unmark_all
 *	  maildrop_commit	once, after QUIT
 *	maildrop_close		always; changes nothing on disk
 *
 * Messages keep their numbers until the end. What arrives after the opening is
 * not seen and never touched. Other programs may change the mailbox at any
 * time but while we hold its locks: then a read or a commit says
 * MAILDROP_CHANGED and has not used the changed octets. If we stop anywhere
 * but inside maildrop_commit, the mailbox is as it was. If we stop there, the
 * next maildrop_load finishes what was begun.
 *
 * A message's octets are what RETR sends: its lines ended by CRLF, without
 * dot-stuffing, without the headers that belong to the mailbox.
 */
#ifndef MAILDROP_H
#define MAILDROP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/options.h"
#include "base/rights.h"
#include "base/strbuf.h"
#include "maildrop/control_look.h"
#include "maildrop/imported.h"
#include "maildrop/status.h"
#include "maildrop/store.h"
#include "maildrop/template.h"

/* The schemes of unique ids: words of --uidl, and numbers that maildrop_open
 * takes. The first, number 0, is the default. */
extern const struct option_word maildrop_uidl_words[];

struct maildrop;

/*
 * Takes the session lock of the mailbox of `owner` at `path`, whether or not it
 * exists, in the directory `state` that only the service user may enter. IN_USE
 * at once if another session has it.
 */
#define MAILDROP_OWNER_UNKNOWN ((uid_t)-1)
enum maildrop_status maildrop_claim(const char *state, const char *path,
    uid_t owner, struct maildrop **maildrop);

/*
 * Opens the mailbox, which must belong to `owner`, and locks it, unless it is
 * as a session before found it; reads nothing of it. The last to open anything:
 * from here on a process needs no right to.
 */
enum maildrop_status maildrop_open(struct maildrop *, uid_t owner,
    unsigned uidl);

/* What the maildrop needs of the file system from then on, for the sandbox: the
 * number of entries, which are at most RIGHTS_MAX. */
size_t maildrop_rights(const struct maildrop *, struct directory_rights *);

/* Reads the list of messages and drops the mailbox's lock. A mailbox that does
 * not exist is empty. */
enum maildrop_status maildrop_load(struct maildrop *);

/*
 * Calls `each` with the path of every mailbox whose update a crash may have
 * interrupted, or whose lock it may have left: to claim, open and load it is to
 * finish that. False after a log line.
 */
bool maildrop_each_interrupted(const char *state,
    void (*each)(void *context, const char *path), void *context);

/* Finds out whether that is so, of a maildrop that was claimed, and who its
 * owner is, or that only a login can tell; TEMPORARY after a log line. */
enum maildrop_status maildrop_look(const struct maildrop *,
    bool *is_interrupted, uid_t *owner);

/*
 * For who only looks, changes nothing and locks nothing:
 *   _look_at: what the control files say; false with errno;
 *   _view: the mailbox itself, as its owner; CHANGED without a log line if it
 *     is written to just now;
 *   _describe_lock: the lock beside it that is a file, and for how many seconds
 *     it has been there; false if there is none;
 *   _each_waiting: the mailboxes whose updates were interrupted, or go on, and
 *     those whose redo log was set aside; false after a log line.
 */
bool maildrop_look_at(const char *state, const char *path,
    struct control_look *);
enum maildrop_status maildrop_view(const char *path, uid_t owner,
    unsigned uidl, int cache, struct store_view *);
bool maildrop_describe_lock(const char *path, struct strbuf *,
    int64_t *seconds);
bool maildrop_each_waiting(const char *state,
    void (*each)(void *context, const char *path, bool is_set_aside),
    void *context);

/* Shows the heads of all messages as they stand in the mailbox (store.h), after
 * the load. CHANGED if it was changed meanwhile. */
enum maildrop_status maildrop_inspect(struct maildrop *, store_look *,
    void *context);

/* Copies the mailbox into the file open as `fd`, with the unique id of each
 * message in an X-UIDL header before all others. */
enum maildrop_status maildrop_copy(struct maildrop *, int fd);

/* Whether unique ids were imported for it, after the claim. */
bool maildrop_has_imported(const struct maildrop *);

/* Writes the table of imported ids into the draft open as `fd`: ids[i] is that
 * of message i + 1, or "" (imported.h). False after a log line. */
bool maildrop_write_imported(const struct maildrop *, char (*ids)[UIDL_SIZE],
    int fd);

/* Frees it and drops the session lock; NULL is fine. */
void maildrop_close(struct maildrop *);

/* The highest message number, marked or not. */
size_t maildrop_count(const struct maildrop *);

/* Messages that are not marked, and their octets. */
struct maildrop_totals {
	size_t messages;
	uint64_t octets;
};
struct maildrop_totals maildrop_totals(const struct maildrop *);

/* Whether there is a message `number` in the list, marked or not. */
bool maildrop_has(const struct maildrop *, uint64_t number);

/* These want a number that maildrop_has. */
bool maildrop_is_marked(const struct maildrop *, uint64_t number);
uint64_t maildrop_octets(const struct maildrop *, uint64_t number);
void maildrop_uidl(const struct maildrop *, uint64_t number, struct strbuf *);
void maildrop_mark(struct maildrop *, uint64_t number);
void maildrop_unmark_all(struct maildrop *);

/*
 * Reads message `number` in pieces: _begin, then _read until *length is 0.
 * Lines end as they do in the mailbox; *octets is ours until the next call.
 * After an error the next call is another _begin.
 */
enum maildrop_status maildrop_read_begin(struct maildrop *, uint64_t number);
enum maildrop_status maildrop_read(struct maildrop *, const char **data,
    size_t *length);

/*
 * Removes the marked messages. On MAILDROP_OK they are gone, durably. On
 * anything else none is gone, unless the disk failed halfway: then they go at
 * the next maildrop_load.
 */
enum maildrop_status maildrop_commit(struct maildrop *);

#endif
