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
#define NETWORK_TCP ((uint64_t)3)
#define SCOPED_SOCKETS_AND_SIGNALS ((uint64_t)3)

/* All that a version of the interface can refuse; the size of it. */
static size_t
all_of(long version, struct ruleset *set)
{
	*set = (struct ruleset){ .files = FILES_1 };
	if (version >= 2)
		set->files |= FILES_REFER;
	if (version >= 3)
		set->files |= FILES_TRUNCATE;
	if (version >= 4)
		set->network = NETWORK_TCP;
	if (version >= 5)
		set->files |= FILES_IOCTL;
	if (version >= 6)
		set->scoped = SCOPED_SOCKETS_AND_SIGNALS;
	if (version < 4)
		return offsetof(struct ruleset, network);
	return version < 6 ? offsetof(struct ruleset, scoped) : sizeof(*set);
}

static bool
allow_directory(int ruleset, int fd)
{
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_MAKE_REG |
		    LANDLOCK_ACCESS_FS_REMOVE_FILE,
		.parent_fd = fd,
	};

	return syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

bool
landlock_confine(int fd)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset set;
	size_t size;
	int ruleset, error;
	bool done;

	if (version < 1)
		return false;
	size = all_of(version, &set);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (ruleset == -1)
		return false;
	done = (fd == -1 || allow_directory(ruleset, fd)) &&
	    syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	error = errno;
	close(ruleset);
	errno = error;
	return done;
}
