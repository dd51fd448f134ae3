#include "privilege/landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The header may be older than the kernel: this is what landlock(7) has of
 * each version of the interface. */
struct ruleset {
	uint64_t files, network, scoped;
};

#define FILES_1 (((uint64_t)1 << 13) - 1)
#define FILES_REFER ((uint64_t)1 << 13)
#define FILES_TRUNCATE ((uint64_t)1 << 14)
#define FILES_IOCTL ((uint64_t)1 << 15)
#define READING (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | \
	LANDLOCK_ACCESS_FS_READ_DIR | FILES_IOCTL)
#define NETWORK_TCP ((uint64_t)3)
#define SCOPED_SOCKETS_AND_SIGNALS ((uint64_t)3)
#define SCOPED_SIGNALS ((uint64_t)2)

/* All that this kernel can refuse; the size of it, 0 with ENOSYS if there is no
 * Landlock. A container's filter says of calls that it does not know what it
 * likes, mostly EPERM: the question itself has no other failure. */
static size_t
all_of(struct ruleset *set)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	*set = (struct ruleset){ .files = FILES_1 };
	if (v >= 2)
		set->files |= FILES_REFER;
	if (v >= 3)
		set->files |= FILES_TRUNCATE;
	if (v >= 4)
		set->network = NETWORK_TCP;
	if (v >= 5)
		set->files |= FILES_IOCTL;
	if (v >= 6)
		set->scoped = SCOPED_SOCKETS_AND_SIGNALS;
	if (v < 1) {
		errno = ENOSYS;
		return 0;
	}
	if (v < 4)
		return offsetof(struct ruleset, network);
	return v < 6 ? offsetof(struct ruleset, scoped) : sizeof(*set);
}

static bool
allow_below(int ruleset, int fd, uint64_t files)
{
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = files,
		.parent_fd = fd,
	};

	return syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

/* Refuses all of the set but `allowed` below the directories. */
static bool
restrict_to(const struct ruleset *set, size_t size, const int *fds,
    size_t count, uint64_t allowed)
{
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, set, size, 0);
	bool done = ruleset != -1;
	int error;

	for (size_t i = 0; done && i < count; i++)
		done = allow_below(ruleset, fds[i], allowed & set->files);
	if (done)
		done = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	error = errno;
	if (ruleset != -1)
		close(ruleset);
	errno = error;
	return done;
}

bool
landlock_protect(const int *fds, size_t count)
{
	struct ruleset set;
	size_t size = all_of(&set);

	set.files &= ~READING;
	set.scoped &= SCOPED_SIGNALS;	/* accounts are asked for by socket */
	return size > 0 && restrict_to(&set, size, fds, count, set.files);
}

bool
landlock_confine(int fd)
{
	struct ruleset set;
	size_t size = all_of(&set);

	return size > 0 && restrict_to(&set, size, &fd, fd == -1 ? 0 : 1,
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE);
}
