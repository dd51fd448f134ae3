#include "privilege/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
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

/* What a listener needs beside those, for itself and for a process that is
 * executed: no thread and no namespace, and no signal to whole groups. */
static const struct seccomp_rule listener_rules[] = {
	ALLOW(accept4), ALLOW(recvmsg), ALLOW(socketpair), ALLOW(connect),
	ALLOW_IF(clone, EQUALS(0, (uint32_t)(CLONE_CHILD_CLEARTID |
	    CLONE_CHILD_SETTID | SIGCHLD))),
	ALLOW(wait4), ALLOW_IF(kill, BETWEEN(0, 2, INT32_MAX)),
	ALLOW(execve), ALLOW(umask), ALLOW(signalfd4), ALLOW(dup),
	ALLOW(dup3), ALLOW_IF(fcntl, EQUALS(1, F_DUPFD_CLOEXEC)),
	ALLOW_IF(prctl, EQUALS(0, PR_CAP_AMBIENT)),
	/* the dynamic linker */
	ALLOW(set_tid_address), ALLOW(set_robust_list),
#ifdef SYS_rseq
	ALLOW(rseq),
#endif
#ifdef SYS_arch_prctl
	ALLOW(arch_prctl),
#endif
#ifdef SYS_dup2
	ALLOW(dup2),
#endif
};

#define OWN_RULES 6
#define PREAUTH_RULES_MAX (COUNT(postauth_rules) + COUNT(preauth_rules) + \
	OWN_RULES)

struct rules {
	size_t count;
	struct seccomp_rule at[PREAUTH_RULES_MAX + COUNT(listener_rules)];
};

static void
add(struct rules *rules, const struct seccomp_rule *more, size_t count)
{
	memcpy(&rules->at[rules->count], more, count * sizeof(*more));
	rules->count += count;
}

/* What the process may ask of the kernel before the login, but for what depends
 * on descriptors. */
static void
add_preauth(struct rules *rules, uid_t uid_min, gid_t gid_min)
{
	const struct seccomp_rule own[] = {
		ALLOW_IF(setresuid, IDS(uid_min,
		    SANDBOX_RESERVED_ID_FIRST - 1)),
		ALLOW_IF(setresuid, IDS(above_reserved(uid_min),
		    UINT32_MAX - 1)),
		ALLOW_IF(setresgid, IDS(gid_min,
		    SANDBOX_RESERVED_ID_FIRST - 1)),
		ALLOW_IF(setresgid, IDS(above_reserved(gid_min),
		    UINT32_MAX - 1)),
	};

	add(rules, postauth_rules, COUNT(postauth_rules));
	add(rules, preauth_rules, COUNT(preauth_rules));
	add(rules, own, COUNT(own));
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
sandbox_files(const char *state, const char *spool)
{
	const int writable[] = { open_nearest(state), open_nearest(spool) };
	bool done = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    is_confined(landlock_protect(writable, COUNT(writable)));

	for (size_t i = 0; i < COUNT(writable); i++)
		close(writable[i]);
	return done;
}

static void
make_listener(struct rules *rules, uid_t uid_min, gid_t gid_min)
{
	add_preauth(rules, uid_min, gid_min);
	add(rules, listener_rules, COUNT(listener_rules));
}

bool
sandbox_listener(uid_t uid_min, gid_t gid_min)
{
	struct rules rules = { 0 };

	make_listener(&rules, uid_min, gid_min);
	return filter(rules.at, rules.count);
}

static void
make_preauth(struct rules *rules, const struct sandbox_preauth *s)
{
	const struct seccomp_rule own[] = {
		/* the client's socket would connect to anywhere, too */
		ALLOW_IF(connect, BETWEEN(0, (uint32_t)s->connection + 1,
		    INT32_MAX)),
		ALLOW_IF(recvmsg, EQUALS(0, (uint32_t)s->channel)),
	};

	add_preauth(rules, s->uid_min, s->gid_min);
	add(rules, own, s->channel == -1 ? 1 : COUNT(own));
}

bool
sandbox_preauth(const struct sandbox_preauth *s)
{
	struct rules rules = { 0 };

	make_preauth(&rules, s);
	return filter(rules.at, rules.count);
}

bool
sandbox_end_channel(void)
{
	if (seccomp_refuse(SYS_recvmsg))
		return true;
	log_note(LOG_ERR, "cannot filter system calls: %s", strerror(errno));
	return false;
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
