#include "privilege/landlock.h"

#include <assert.h>
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

int
landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	return version < 1 ? 0 : (int)version;
}

/* All that this kernel can refuse; the size of it, 0 with ENOSYS if there is no
 * Landlock. A container's filter says of calls that it does not know what it
 * likes, mostly EPERM: the question itself has no other failure. */
static size_t
all_of(struct ruleset *set)
{
	int v = landlock_version();

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

/* What is allowed below the directory open as `fd`. */
struct allowed {
	int fd;			/* or -1 */
	uint64_t files;
};

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

/* Refuses all of the set but what is allowed below the directories. */
static bool
restrict_to(const struct ruleset *set, size_t size, const struct allowed *at,
    size_t count)
{
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, set, size, 0);
	bool done = ruleset != -1;
	int error;

	for (size_t i = 0; done && i < count; i++)
		done = at[i].fd == -1 || allow_below(ruleset, at[i].fd,
		    at[i].files & set->files);
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
	struct allowed allowed[RIGHTS_MAX];
	struct ruleset set;
	size_t size = all_of(&set);

	assert(count <= RIGHTS_MAX);
	set.files &= ~READING;
	set.scoped &= SCOPED_SIGNALS;	/* accounts are asked for by socket */
	for (size_t i = 0; i < count; i++)
		allowed[i] = (struct allowed){ fds[i], set.files };
	return size > 0 && restrict_to(&set, size, allowed, count);
}

static struct allowed
allowed_by(const struct directory_rights *right)
{
	struct allowed allowed = { .fd = right->directory };

	if (right->may_make || right->may_rename)
		allowed.files |= LANDLOCK_ACCESS_FS_MAKE_REG;
	if (right->may_remove || right->may_rename)
		allowed.files |= LANDLOCK_ACCESS_FS_REMOVE_FILE;
	if (right->may_read)
		allowed.files |= LANDLOCK_ACCESS_FS_READ_FILE;
	return allowed;
}

bool
landlock_confine(const struct directory_rights *rights, size_t count)
{
	struct allowed allowed[RIGHTS_MAX];
	struct ruleset set;
	size_t size = all_of(&set);

	assert(count <= RIGHTS_MAX);
	for (size_t i = 0; i < count; i++)
		allowed[i] = allowed_by(&rights[i]);
	return size > 0 && restrict_to(&set, size, allowed, count);
}
