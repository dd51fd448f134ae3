#include "connection/tickets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/min.h"
#include "base/text.h"

/* No mailbox has files of these names: theirs begin with '!'. */
#define FILE_NAME "tickets"
#define NEW_NAME "tickets.new"

/* The file is the keys, one after the other: so it says by its size how many
 * there are, and one of another size was not written by us. */

/* Keys of the future are of a clock that was wrong. */
static bool
is_usable(const struct ticket_key *key, uint64_t now)
{
	return key->made <= now &&
	    now - key->made < TICKETS_KEY_SECONDS + TICKETS_SECONDS;
}

static bool
has_young(const struct tickets *tickets, uint64_t now)
{
	return tickets->count > 0 &&
	    now - tickets->keys[0].made < TICKETS_KEY_SECONDS;
}

static void
keep_usable(struct tickets *tickets, uint64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < tickets->count; i++)
		if (is_usable(&tickets->keys[i], now))
			tickets->keys[kept++] = tickets->keys[i];
	tickets->count = kept;
}

/* What is in the file and can be used, which may be nothing. */
static void
read_keys(struct tickets *tickets, int directory, uint64_t now)
{
	int fd = openat(directory, FILE_NAME, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	ssize_t length = -1;

	tickets->count = 0;
	if (fd == -1)
		return;
	if (fd_is_private(fd))
		length = fd_read_at(fd, tickets->keys, sizeof(tickets->keys),
		    0);
	close(fd);
	if (length > 0 && (size_t)length % sizeof(tickets->keys[0]) == 0) {
		tickets->count = (size_t)length / sizeof(tickets->keys[0]);
		keep_usable(tickets, now);
	}
}

/* On the disk before it has the name: what a power cut leaves of a file may be
 * zeros, and everybody knows those. */
static bool
write_keys(const struct tickets *tickets, int directory)
{
	int fd = openat(directory, NEW_NAME, O_WRONLY | O_CREAT | O_TRUNC |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	bool done = fd != -1 && fd_write_at(fd, tickets->keys,
	    tickets->count * sizeof(tickets->keys[0]), 0) && fd_sync(fd) &&
	    renameat(directory, NEW_NAME, directory, FILE_NAME) == 0;

	if (fd != -1)
		close(fd);
	return done;
}

/* Puts a new key in front of the others. */
static bool
add_key(struct tickets *tickets, int directory, uint64_t now)
{
	struct tickets more = {
		.count = min_size(tickets->count + 1, TICKETS_KEYS_MAX),
	};
	bool done;

	memcpy(&more.keys[1], tickets->keys,
	    (more.count - 1) * sizeof(more.keys[0]));
	done = getrandom(&more.keys[0], sizeof(more.keys[0]), 0) ==
	    sizeof(more.keys[0]);
	more.keys[0].made = now;
	done = done && write_keys(&more, directory);
	if (done)
		*tickets = more;
	tickets_wipe(&more);
	return done;
}

/* Who comes while another makes a key goes on with what there is. */
static bool
renew(struct tickets *tickets, int directory, uint64_t now)
{
	bool done = true;

	if (flock(directory, LOCK_EX | LOCK_NB) == -1)
		return errno == EWOULDBLOCK;
	read_keys(tickets, directory, now);
	if (!has_young(tickets, now))
		done = add_key(tickets, directory, now);
	flock(directory, LOCK_UN);
	return done;
}

void
tickets_load(struct tickets *tickets, const char *path)
{
	int directory = fd_open_private(path);
	uint64_t now = (uint64_t)time(NULL);
	bool done = directory != -1;

	tickets->count = 0;
	if (done) {
		read_keys(tickets, directory, now);
		done = has_young(tickets, now) ||
		    renew(tickets, directory, now);
	}
	if (!done)
		log_note(LOG_WARNING, "no new key for session tickets: cannot "
		    "use %s/%s: %s", path, FILE_NAME, strerror(errno));
	if (directory != -1)
		close(directory);
}

bool
tickets_are_young(const struct tickets *tickets)
{
	return has_young(tickets, (uint64_t)time(NULL));
}

const struct ticket_key *
tickets_youngest(const struct tickets *tickets)
{
	return tickets->count > 0 ? &tickets->keys[0] : NULL;
}

const struct ticket_key *
tickets_find(const struct tickets *tickets,
    const unsigned char name[TICKETS_NAME_SIZE])
{
	for (size_t i = 0; i < tickets->count; i++)
		if (memcmp(tickets->keys[i].name, name,
		    TICKETS_NAME_SIZE) == 0)
			return &tickets->keys[i];
	return NULL;
}

void
tickets_wipe(struct tickets *tickets)
{
	text_wipe(tickets, sizeof(*tickets));
}
