#include "privilege/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "privilege/sandbox.h"

/* What becoming an account needs; what reading passwords may need; what
 * limiting both needs. Two calls of one line each are all we need of libcap. */
#define BECOME ((1U << CAP_SETUID) | (1U << CAP_SETGID))
#define READ_ALL (1U << CAP_DAC_READ_SEARCH)
#define BOUND (1U << CAP_SETPCAP)

/* So many groups are asked for at first. */
#define GROUPS_USUAL 32

struct capabilities {
	uint32_t effective, permitted, inheritable;
	uint32_t high;		/* any capability beyond the 32nd */
};

static bool
get_capabilities(struct capabilities *capabilities)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = { { 0 }, { 0 } };

	if (syscall(SYS_capget, &header, data) == -1)
		return false;
	*capabilities = (struct capabilities){
		data[0].effective, data[0].permitted, data[0].inheritable,
		data[1].effective | data[1].permitted | data[1].inheritable,
	};
	return true;
}

/* Exactly these from here on. */
static bool
put_capabilities(uint32_t effective, uint32_t permitted, uint32_t inheritable)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = {
		{ effective, permitted, inheritable }, { 0 }
	};

	return syscall(SYS_capset, &header, data) == 0;
}

/* The same, and nothing inheritable, and so nothing ambient. */
static bool
set_capabilities(uint32_t effective, uint32_t permitted)
{
	return put_capabilities(effective, permitted, 0);
}

static bool
has_exactly(uint32_t mask)
{
	struct capabilities now;

	return get_capabilities(&now) && now.effective == mask &&
	    now.permitted == mask && now.inheritable == 0 && now.high == 0;
}

/* Whether the process can become other users now. */
static bool
can_become(void)
{
	struct capabilities now;

	return get_capabilities(&now) && (now.effective & BECOME) == BECOME;
}

bool
identity_is_ordinary(void)
{
	return geteuid() != 0 && !can_become();
}

/* So that nothing we could ever execute would get more than those. What is not
 * among them we could not pass on, either. */
static bool
keep_in_bounding_set(uint32_t capabilities)
{
	for (unsigned long n = 0; n <= CAP_LAST_CAP; n++) {
		if (n < 32 && (capabilities & (1U << n)) != 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, n, 0, 0, 0) == -1 &&
		    errno != EINVAL)	/* unknown to this kernel */
			return false;
	}
	return true;
}

static bool
is_only(uid_t uid, gid_t gid)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	return getresuid(&ruid, &euid, &suid) == 0 &&
	    getresgid(&rgid, &egid, &sgid) == 0 &&
	    ruid == uid && euid == uid && suid == uid &&
	    rgid == gid && egid == gid && sgid == gid;
}

/* No call if it is so already: a listener's filter allows groups of accounts
 * only, and its recovery keeps the group that it has. */
static bool
set_gid(gid_t gid)
{
	gid_t real, effective, saved;

	return (getresgid(&real, &effective, &saved) == 0 && real == gid &&
	    effective == gid && saved == gid) || setresgid(gid, gid, gid) == 0;
}

/* Other ids make the process what fs.suid_dumpable says (proc(5)): where that
 * is 1, its core could be had and its memory be read by its user. */
static bool
switch_to(uid_t uid, gid_t gid, uint32_t capabilities)
{
	return set_gid(gid) && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 &&
	    setresuid(uid, uid, uid) == 0 &&
	    sandbox_forbid_dumps() &&
	    set_capabilities(capabilities & BECOME, capabilities) &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && is_only(uid, gid);
}

/* Keeps of READ_ALL and BECOME what is needed, and nothing else, for what we
 * execute, too. */
static bool
keep_needed(const char *secrets)
{
	uint32_t needed = BECOME;

	if (secrets != NULL && faccessat(AT_FDCWD, secrets, R_OK,
	    AT_EACCESS) == -1 && errno == EACCES)
		needed |= READ_ALL;
	return set_capabilities(BOUND, BOUND | needed) &&
	    keep_in_bounding_set(needed) &&
	    set_capabilities(needed, needed) && has_exactly(needed);
}

/* The same, of what was given to us. */
static bool
keep_given(bool has_secrets)
{
	struct capabilities now;
	uint32_t kept;

	if (!get_capabilities(&now))
		return false;
	kept = now.permitted & (has_secrets ? BECOME | READ_ALL : BECOME);
	return set_capabilities(kept, kept) && has_exactly(kept) &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static bool
leave_root(const char *name, const char *secrets)
{
	const struct passwd *user = getpwnam(name);

	if (user == NULL || user->pw_uid == 0) {
		log_note(LOG_ERR, "no service user %s: make one, or name "
		    "another with --user", name);
		return false;
	}
	if (initgroups(name, user->pw_gid) == 0 && switch_to(user->pw_uid,
	    user->pw_gid, BECOME | READ_ALL | BOUND) && keep_needed(secrets))
		return true;
	log_note(LOG_ERR, "cannot become service user %s: %s", name,
	    strerror(errno));
	return false;
}

bool
identity_drop_root(const char *name, const char *secrets)
{
	if (geteuid() == 0)
		return leave_root(name, secrets);
	if (keep_given(secrets != NULL))
		return true;
	log_note(LOG_ERR, "cannot give up capabilities: %s", strerror(errno));
	return false;
}

/* Uses so many of the capabilities that we have. */
static bool
use_capabilities(uint32_t mask)
{
	struct capabilities now;

	if (get_capabilities(&now) &&
	    set_capabilities(now.permitted & mask, now.permitted))
		return true;
	log_note(LOG_ERR, "cannot change capabilities: %s", strerror(errno));
	return false;
}

bool
identity_drop_dac_read_search(void)
{
	return use_capabilities(BECOME);
}

bool
identity_regain_dac_read_search(void)
{
	return use_capabilities(BECOME | READ_ALL);
}

static bool
raise_ambient(uint32_t capabilities)
{
	for (unsigned long n = 0; n < 32; n++)
		if ((capabilities & (1U << n)) != 0 && prctl(PR_CAP_AMBIENT,
		    PR_CAP_AMBIENT_RAISE, n, 0, 0) == -1)
			return false;
	return true;
}

bool
identity_pass_on(void)
{
	struct capabilities now;

	if (get_capabilities(&now) && put_capabilities(now.effective,
	    now.permitted, now.permitted) && raise_ambient(now.permitted))
		return true;
	log_note(LOG_ERR, "cannot pass capabilities on: %s", strerror(errno));
	return false;
}

static bool
is_in_group(gid_t group)
{
	int count = getgroups(0, NULL);
	gid_t *groups = count > 0 ? calloc((size_t)count, sizeof(*groups))
	    : NULL;
	bool found = false;

	if (groups != NULL && getgroups(count, groups) == count)
		for (int i = 0; i < count; i++)
			found |= groups[i] == group;
	free(groups);
	return found;
}

/* The account's groups, with room for one more, which the caller frees; NULL
 * with errno. */
static gid_t *
groups_of(const struct identity *to, int *count)
{
	gid_t *groups = NULL, *more;
	bool complete;

	*count = GROUPS_USUAL;
	do {
		more = reallocarray(groups, (size_t)*count + 1, sizeof(*more));
		if (more == NULL) {
			free(groups);
			return NULL;
		}
		groups = more;
		complete = to->name == NULL ||
		    getgrouplist(to->name, to->gid, groups, count) != -1;
	} while (!complete);	/* now *count is how many there are */
	if (to->name == NULL) {
		groups[0] = to->gid;
		*count = 1;
	}
	return groups;
}

/* The account's groups, and the spool's if we are in it. */
static bool
set_groups(const struct identity *to)
{
	bool wants_spool = to->spool != (gid_t)-1 && is_in_group(to->spool);
	int count;
	gid_t *groups = groups_of(to, &count);
	bool done;

	if (groups == NULL)
		return false;
	if (wants_spool)
		groups[count++] = to->spool;
	done = setgroups((size_t)count, groups) == 0;
	free(groups);
	return done;
}

/* Tries every way back, and to another account: the system call filter refuses
 * root to all, so that alone would prove nothing. */
static bool
is_final(uid_t uid, gid_t gid)
{
	static const gid_t root_group = 0;
	uid_t other = uid + 1;
	gid_t others = gid + 1;

	return uid != 0 && setresuid(0, 0, 0) == -1 && setuid(0) == -1 &&
	    seteuid(0) == -1 && setresuid(other, other, other) == -1 &&
	    (gid == 0 || setresgid(0, 0, 0) == -1) &&
	    (gid == 0 || setresgid(others, others, others) == -1) &&
	    setgroups(1, &root_group) == -1 && is_only(uid, gid) &&
	    has_exactly(0);
}

bool
identity_become_user(const struct identity *to)
{
	bool is_able = can_become();

	if (is_able && !set_groups(to))
		goto failed;
	if (is_able && !switch_to(to->uid, to->gid, 0))
		goto failed;
	if (!is_able && (geteuid() != to->uid || !set_capabilities(0, 0)))
		goto failed;
	if (!is_final(geteuid(), getegid()))
		goto failed;
	return true;
failed:
	log_note(LOG_ERR, "cannot become uid %lu: %s",
	    (unsigned long)to->uid, strerror(errno));
	return false;
}
