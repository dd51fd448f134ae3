#include "privilege/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/count.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "privilege/landlock.h"
#include "privilege/seccomp.h"

/* The one group below GID_MIN that is people's own on some systems. */
#define USERS_GID 100

/* A rule: a call; a call if something is true of its arguments. */
#define ALLOW(name) { .call = SYS_##name }
#define ALLOW_IF(name, ...) \
	{ .call = SYS_##name, .is_conditional = true, __VA_ARGS__ }

/* Argument `n` is from one value to the other; exactly one; has none of the
 * bits. */
#define BETWEEN(n, min, max) .argument = (n), .mask = UINT32_MAX, \
	.low = (min), .high = (max)
#define EQUALS(n, value) BETWEEN(n, value, value)
#define LACKS(n, bits) .argument = (n), .mask = (bits)

/* Argument `n` is exactly that, and the next one 0. */
#define EQUALS_THEN_ZERO(n, value) EQUALS(n, value), .is_next_zero = true

/* All three ids of a call; (uid_t)-1, "as it is", is never among them. */
#define IDS(min, max) .is_same_thrice = true, .mask = UINT32_MAX, \
	.low = (min), .high = (max)

/* What the account's process still needs. */
static const struct seccomp_rule postauth_rules[] = {
	/* talk; the log's socket is open */
	ALLOW(read), ALLOW(write), ALLOW(writev), ALLOW(ppoll),
	ALLOW(sendto), ALLOW(sendmsg), ALLOW(shutdown), ALLOW(close),
	ALLOW_IF(ioctl, EQUALS(1, TIOCOUTQ)),
#ifdef SYS_poll
	ALLOW(poll),
#endif
	/* files that are open */
	ALLOW(pread64), ALLOW(pwrite64), ALLOW(lseek), ALLOW(fstat),
	ALLOW(newfstatat), ALLOW(statx), ALLOW(fstatfs),
	/* locks and flags, but no other number for a descriptor (F_DUPFD), and
	 * no signal when something happens on it (F_SETOWN) */
	ALLOW_IF(fcntl, BETWEEN(1, F_GETFD, F_SETLKW)),
	ALLOW_IF(fcntl, BETWEEN(1, F_OFD_GETLK, F_OFD_SETLKW)),
	ALLOW(flock), ALLOW(ftruncate), ALLOW(fallocate), ALLOW(fsync),
	ALLOW(fdatasync),
#ifdef SYS_sync_file_range
	ALLOW(sync_file_range),
#else
	ALLOW(sync_file_range2),
#endif
	/* the dotlock */
	ALLOW(linkat), ALLOW(unlinkat),
	/* memory, nothing of which can be executed */
	ALLOW(brk), ALLOW(munmap), ALLOW(mremap), ALLOW(madvise),
	ALLOW_IF(mmap, LACKS(2, PROT_EXEC)),
	ALLOW_IF(mprotect, LACKS(2, PROT_EXEC)),
	/* itself, and the time, where the kernel's page for it is of no use */
	ALLOW(futex), ALLOW(getrandom), ALLOW(clock_gettime),
	ALLOW(gettimeofday), ALLOW(clock_nanosleep), ALLOW(nanosleep),
	ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn),
	ALLOW(restart_syscall),
	ALLOW(getpid), ALLOW(getuid), ALLOW(geteuid), ALLOW(getgid),
	ALLOW(getegid), ALLOW(getresuid), ALLOW(getresgid), ALLOW(uname),
	ALLOW(exit), ALLOW(exit_group),
};

/* What is needed beside those until then: by us, by the C library for its
 * modules of accounts, by libsystemd. */
static const struct seccomp_rule preauth_rules[] = {
	ALLOW(openat), ALLOW(faccessat), ALLOW(faccessat2), ALLOW(readlinkat),
	ALLOW(getdents64), ALLOW(mkdirat), ALLOW(renameat2), ALLOW(symlinkat),
	ALLOW_IF(fchmod, EQUALS(1, 0600)),	/* a control file is named */
#ifdef SYS_renameat
	ALLOW(renameat),
#endif
#ifdef SYS_open
	ALLOW(open), ALLOW(access), ALLOW(stat), ALLOW(lstat),
	ALLOW(readlink), ALLOW(mkdir), ALLOW(rename),
#endif
	ALLOW_IF(socket, EQUALS(0, AF_UNIX)),
	ALLOW(getsockopt), ALLOW(setsockopt), ALLOW(getsockname),
	/* no recvmsg: who sends himself a descriptor has it under a number at
	 * which it may be connected */
	ALLOW(getpeername), ALLOW(recvfrom), ALLOW(readv),
	/* modules are mapped, but what was written is not executed */
	ALLOW_IF(mmap, LACKS(2, PROT_WRITE)),
	ALLOW(gettid), ALLOW(sysinfo), ALLOW(pselect6),
	/* our own limits: one of time ends another process as a signal does */
	ALLOW_IF(prlimit64, EQUALS(0, 0)),
	/* libnss_systemd asks several services at once */
	ALLOW(epoll_create1), ALLOW(epoll_ctl), ALLOW(epoll_pwait),
	ALLOW_IF(prctl, EQUALS(0, PR_CAPBSET_READ)),
#ifdef SYS_epoll_wait
	ALLOW(epoll_wait),
#endif
#ifdef SYS_select
	ALLOW(select),
#endif
	/* becoming the account */
	ALLOW(setgroups), ALLOW(getgroups), ALLOW(capget), ALLOW(capset),
	ALLOW_IF(prctl, EQUALS(0, PR_SET_KEEPCAPS)),
	ALLOW_IF(prctl, EQUALS_THEN_ZERO(0, PR_SET_DUMPABLE)),
	ALLOW_IF(prctl, EQUALS(0, PR_SET_NO_NEW_PRIVS)),
	ALLOW_IF(prctl, EQUALS(0, PR_SET_SECCOMP)),
	ALLOW_IF(setresgid, IDS(USERS_GID, USERS_GID)),
	ALLOW(landlock_create_ruleset), ALLOW(landlock_add_rule),
	ALLOW(landlock_restrict_self),
};

bool
sandbox_forbid_dumps(void)
{
	static const struct rlimit none = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &none) == 0 &&
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static bool
filter(const struct seccomp_rule *rules, size_t count)
{
	if (seccomp_allow(rules, count))
		return true;
	log_note(LOG_ERR, "cannot filter system calls: %s", strerror(errno));
	return false;
}

static uint32_t
above_reserved(uint32_t id)
{
	return id > SANDBOX_RESERVED_ID_LAST ? id
	    : SANDBOX_RESERVED_ID_LAST + 1;
}

#define OWN_RULES 5
#define PREAUTH_RULES_MAX (COUNT(postauth_rules) + COUNT(preauth_rules) + \
	OWN_RULES)

/* What the process may ask of the kernel before the login; the number of
 * rules, for which there is room. */
static size_t
make_preauth_rules(const struct sandbox_preauth *s,
    struct seccomp_rule rules[PREAUTH_RULES_MAX])
{
	const struct seccomp_rule own[OWN_RULES] = {
		ALLOW_IF(setresuid, IDS(s->uid_min,
		    SANDBOX_RESERVED_ID_FIRST - 1)),
		ALLOW_IF(setresuid, IDS(above_reserved(s->uid_min),
		    UINT32_MAX - 1)),
		ALLOW_IF(setresgid, IDS(s->gid_min,
		    SANDBOX_RESERVED_ID_FIRST - 1)),
		ALLOW_IF(setresgid, IDS(above_reserved(s->gid_min),
		    UINT32_MAX - 1)),
		/* The client's socket would connect to anywhere, too. */
		ALLOW_IF(connect, BETWEEN(0, (uint32_t)s->connection + 1,
		    INT32_MAX)),
	};
	size_t count = 0;

	memcpy(rules, postauth_rules, sizeof(postauth_rules));
	count += COUNT(postauth_rules);
	memcpy(&rules[count], preauth_rules, sizeof(preauth_rules));
	count += COUNT(preauth_rules);
	memcpy(&rules[count], own, sizeof(own));
	count += COUNT(own);
	return count;
}

/* The directory, or the nearest above it that exists. */
static int
open_nearest(const char *path)
{
	char part[PATH_MAX];
	struct strbuf text = strbuf_init(part, sizeof(part));
	char *slash;
	int fd;

	strbuf_add(&text, path, strlen(path));
	while ((fd = open(part, O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1 &&
	    (slash = strrchr(part, '/')) > part)
		*slash = '\0';
	return fd != -1 ? fd : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Whether Landlock did it, or is not there to do it. */
static bool
is_confined(bool done)
{
	if (done || errno == ENOSYS)
		return true;
	log_note(LOG_ERR, "cannot confine the process: %s", strerror(errno));
	return false;
}

bool
sandbox_preauth(const struct sandbox_preauth *s)
{
	struct seccomp_rule rules[PREAUTH_RULES_MAX];
	const int writable[] = {
		open_nearest(s->state), open_nearest(s->spool)
	};
	size_t count;
	bool done = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    is_confined(landlock_protect(writable, COUNT(writable)));

	for (size_t i = 0; i < COUNT(writable); i++)
		close(writable[i]);
	count = make_preauth_rules(s, rules);
	return done && filter(rules, count);
}

/* What only some stores of mail need by name. */
static size_t
add_rules(struct seccomp_rule *rules, size_t count,
    const struct directory_rights *right)
{
	if (right->may_read)
		rules[count++] = (struct seccomp_rule)ALLOW(openat);
	if (right->may_rename)
		rules[count++] = (struct seccomp_rule)ALLOW(renameat2);
	return count;
}

bool
sandbox_postauth(const struct directory_rights *rights, size_t count)
{
	struct seccomp_rule rules[COUNT(postauth_rules) +
	    (size_t)2 * RIGHTS_MAX];
	size_t rule_count = COUNT(postauth_rules);
	bool done = landlock_confine(rights, count);

	if (!is_confined(done))
		return false;
	if (!done)
		log_note(LOG_NOTICE, "this kernel has no Landlock, or a "
		    "container's filter refuses it: the file system's "
		    "permissions alone confine the session");
	memcpy(rules, postauth_rules, sizeof(postauth_rules));
	for (size_t i = 0; i < count; i++)
		rule_count = add_rules(rules, rule_count, &rights[i]);
	return filter(rules, rule_count);
}
