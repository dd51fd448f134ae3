#include "auth/hash_slot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/fd.h"
#include "base/log.h"

/* No mailbox has a file of this name: theirs begin with '!'. */
#define FILE_NAME "hashing"
#define PAUSE_MILLISECONDS 5

/* The places are the first octets of the file, each with a lock of its own,
 * which ends with the process. */

static int
open_in(int directory)
{
	const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(directory, FILE_NAME, flags);

	return fd != -1 || errno != ENOENT ? fd
	    : openat(directory, FILE_NAME, flags | O_CREAT, 0600);
}

/* -1 after a log line. */
static int
open_places(const char *path)
{
	int directory = fd_open_private(path);
	int fd = directory == -1 ? -1 : open_in(directory);

	if (fd == -1)
		log_note(LOG_WARNING, "cannot open %s/%s: %s; how many "
		    "passwords are checked at a time is not limited", path,
		    FILE_NAME, strerror(errno));
	if (directory != -1)
		close(directory);
	return fd;
}

static long
count_processors(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (processors < 1)
		return 1;
	return processors > HASH_SLOTS_MAX ? HASH_SLOTS_MAX : processors;
}

/* Whether one of the first places is ours now; false with errno, of the last
 * that was tried. */
static bool
try_places(int fd, long count)
{
	for (long i = 0; i < count; i++) {
		struct flock place = {
			.l_type = F_WRLCK, .l_whence = SEEK_SET,
			.l_start = i, .l_len = 1,
		};

		if (fcntl(fd, F_OFD_SETLK, &place) == 0)
			return true;
	}
	return false;
}

static bool
wait_for_place(int fd, unsigned per_processor)
{
	const struct deadline by = deadline_in(HASH_SLOT_WAIT_MILLISECONDS);
	long count;

	if (try_places(fd, 1))
		return true;
	count = count_processors() * per_processor;
	while (!try_places(fd, count)) {
		if ((errno != EAGAIN && errno != EACCES) ||
		    deadline_is_past(by))
			return false;
		deadline_sleep(by, PAUSE_MILLISECONDS);
	}
	return true;
}

bool
hash_slot_take(struct hash_slot *slot, const char *directory,
    unsigned per_processor)
{
	slot->fd = open_places(directory);
	if (slot->fd == -1 || wait_for_place(slot->fd, per_processor))
		return true;
	log_note(LOG_ERR, "cannot check a password: the processors were "
	    "busy with others' for %d s, or cannot be waited for: %s",
	    HASH_SLOT_WAIT_MILLISECONDS / 1000, strerror(errno));
	hash_slot_drop(slot);
	return false;
}

void
hash_slot_drop(struct hash_slot *slot)
{
	if (slot->fd != -1)
		close(slot->fd);
	slot->fd = -1;
}
