/*
 * Entries for systemd's journal, which libsystemd sends. It would wait for ever
 * for a journal that takes nothing, so that is looked at before.
 */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include <stdbool.h>
#include <sys/uio.h>

struct journal {
	int fd;			/* connected to it; -1: not yet */
	bool is_given_up;
};

/* How long an entry waits for a journal that takes nothing; those after it do
 * not wait until it takes one. */
#define JOURNAL_WAIT_MILLISECONDS 2000

/* Opens nothing yet. */
struct journal journal_new(void);

/* Opens what is looked at, as the first entry does if this was not called. */
void journal_prepare(struct journal *);

/* Closes it; the next entry opens it again. */
void journal_close(struct journal *);

/* Sends one entry, each vector "FIELD=value". False if the journal did not take
 * it, or does not seem to take any. */
bool journal_send(struct journal *, const struct iovec *fields, int count);

#endif
