/*
 * What somebody who has taken the handler over could still do, for all that
 * the unit forbids: installed and started as pop3-handler, it tries, and says
 * "what: outcome" for each, the outcome being "yes" or an error's name.
 *
 * It tries only what the kernel would allow it, or refuse in another way.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* `result` is that of a call that returns -1 with errno if it fails. */
static void
say(const char *what, long result)
{
	printf("%s: %s\n", what, result == -1 ? strerrorname_np(errno)
	    : "yes");
}

/* --- files ---------------------------------------------------------------- */

static void
list(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;

	if (directory == NULL) {
		say(path, -1);
		return;
	}
	printf("%s:", path);
	while ((entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.')
			printf(" %s", entry->d_name);
	putchar('\n');
	closedir(directory);
}

/* As the mount says, whatever the rights of the files are. */
static void
say_writable(void)
{
	static const char *const paths[] = {
		"/", "/etc", "/run", "/srv", "/sys/fs/cgroup", "/tmp", "/usr", "/var",
		"/var/lib/pop3-handler", "/var/mail", "/var/tmp",
	};
	struct statvfs status;

	printf("writable:");
	for (size_t i = 0; i < COUNT(paths); i++)
		if (statvfs(paths[i], &status) == 0 &&
		    (status.f_flag & ST_RDONLY) == 0)
			printf(" %s", paths[i]);
	putchar('\n');
}

static void
try_new_file(void)
{
	int fd = open("/tmp/probe", O_CREAT | O_EXCL | O_RDWR, 0777);
	struct stat status = { 0 };

	say("new file", fd);
	fstat(fd, &status);
	printf("its mode: %o\n", status.st_mode & 07777U);
	say("set-user-id", fchmod(fd, 04700));
	say("given to itself", fchown(fd, getuid(), getgid()));
}

/* What was written into a file, executed from there. */
static void
try_own_code(void)
{
	static const char *const paths[] = {
		"/var/lib/pop3-handler/probe", "/var/mail/probe", "/tmp/code",
		"/var/tmp/code",
	};

	for (size_t i = 0; i < COUNT(paths); i++) {
		int fd = open(paths[i], O_CREAT | O_RDWR, 0700);

		unlink(paths[i]);
		if (fd == -1 || ftruncate(fd, 4096) == -1)
			continue;
		say("own code", (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		    MAP_SHARED, fd, 0));
	}
}

static void
try_files(void)
{
	const char *state = getenv("STATE_DIRECTORY");

	say_writable();
	list("/home");
	list("/lib/modules");
	list("/tmp");
	list("/var/tmp");
	say("other devices", access("/dev/marker", F_OK));
	say("other processes", access("/proc/1", F_OK));
	say("more in /proc", access("/proc/meminfo", F_OK));
	say("other programs", access("/bin/true", X_OK));
	printf("state directory: %s\n", state == NULL ? "none" : state);
	say("other sockets", access("/run/docker.sock", F_OK));
	try_own_code();
	try_new_file();
}

/* --- calls ---------------------------------------------------------------- */

static void
try_sockets(void)
{
	say("AF_UNIX", socket(AF_UNIX, SOCK_DGRAM, 0));
	say("AF_INET", socket(AF_INET, SOCK_DGRAM, 0));
	say("AF_INET6", socket(AF_INET6, SOCK_DGRAM, 0));
	say("AF_NETLINK", socket(AF_NETLINK, SOCK_RAW, 0));
}

/* No memory is at (void *)-1, either. */
static long
map(int protection)
{
	return (long)mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);
}

static void
try_calls(void)
{
	unsigned long context = 0;
	char octet = 0;

	say("memory", map(PROT_READ | PROT_WRITE));
	say("code to write", map(PROT_READ | PROT_WRITE | PROT_EXEC));
	say("personality", personality(ADDR_NO_RANDOMIZE));
	say("ptrace", ptrace(PTRACE_CONT, getppid(), NULL, NULL));
	say("priority", setpriority(PRIO_PROCESS, 0, 5));
	say("locked memory", mlock(&octet, 1));
	say("keyring", syscall(SYS_keyctl, 0, -3, 1));
	say("asynchronous I/O", syscall(SYS_io_setup, 1, &context));
	say("user namespace", unshare(CLONE_NEWUSER));
}

static void
say_filtered(const char *what, long result)
{
	printf("%s: %s\n", what, result == -1 && errno == EPERM
	    ? "filtered" : "let through");
}

/* What the handler restricts itself with. Not all kernels know Landlock. */
static void
try_restricting(void)
{
	unsigned action = SECCOMP_RET_ALLOW;

	say("prctl", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	say("seccomp", syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0,
	    &action));
	say_filtered("landlock_create_ruleset",
	    syscall(SYS_landlock_create_ruleset, NULL, 0, 1));
	say_filtered("landlock_add_rule",
	    syscall(SYS_landlock_add_rule, -1, 1, NULL, 0));
	say_filtered("landlock_restrict_self",
	    syscall(SYS_landlock_restrict_self, -1, 0));
}

/* --- what it is given ----------------------------------------------------- */

static void
say_limits(void)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_CORE, &limit);
	printf("core: %lu\n", (unsigned long)limit.rlim_max);
	getrlimit(RLIMIT_NOFILE, &limit);
	printf("descriptors: %lu\n", (unsigned long)limit.rlim_max);
}

static void
say_namespaces(void)
{
	static const char *const names[] = { "ipc", "mnt", "net", "user", };
	char path[64], link[64];
	ssize_t length;

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		length = readlink(path, link, sizeof(link) - 1);
		link[length == -1 ? 0 : length] = '\0';
		printf("namespace: %s\n", link);
	}
}

int
main(void)
{
	say_limits();
	say_namespaces();
	try_files();
	try_sockets();
	try_restricting();
	try_calls();
	return 0;
}
