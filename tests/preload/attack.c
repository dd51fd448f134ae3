/*
 * Preloaded into the handler: who has taken the process over. A line of the
 * client's "ATTACK name [argument]" makes one attempt, by the kernel's calls
 * themselves, and says how it went on standard error:
 *
 *	attack: name: done		it worked
 *	attack: name: refused: errno
 *
 * The handler sees the line, too, and refuses it as an unknown command. A
 * listener reads no lines: whenever it accepts, it attempts what the file
 * $ATTACK_ORDER says.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define WORD 256

/* Each returns whether it worked; else errno says why not. */
typedef bool attempt(const char *argument);

/* Where the line came from. */
static int client;

/* More descriptors than there are. */
#define DESCRIPTORS 64

/* --- ids and capabilities ------------------------------------------------ */

static bool
set_uid(const char *id)
{
	long uid = atol(id);

	return syscall(SYS_setresuid, uid, uid, uid) == 0;
}

/* What leaves one of the three as it is. */
static bool
set_one_uid(const char *id)
{
	return syscall(SYS_setresuid, -1, atol(id), -1) == 0 ||
	    syscall(SYS_setreuid, -1, atol(id)) == 0 ||
	    syscall(SYS_setuid, atol(id)) == 0 ||
	    (syscall(SYS_setfsuid, atol(id)),
	    syscall(SYS_setfsuid, -1) == atol(id));
}

/* The upper half of the register is not looked at by the kernel. */
static bool
set_wide_uid(const char *id)
{
	unsigned long uid = (unsigned long)atol(id) | 0xffffUL << 32;

	return syscall(SYS_setresuid, uid, uid, uid) == 0;
}

static bool
set_gid(const char *id)
{
	long gid = atol(id);

	return syscall(SYS_setresgid, gid, gid, gid) == 0 ||
	    syscall(SYS_setgid, gid) == 0 ||
	    syscall(SYS_setregid, gid, gid) == 0;
}

static bool
set_group(const char *id)
{
	gid_t gid = (gid_t)atol(id);

	return syscall(SYS_setgroups, 1, &gid) == 0;
}

static bool
take_capabilities(const char *argument)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = {
		{ ~0U, ~0U, ~0U }, { ~0U, ~0U, ~0U }
	};

	(void)argument;
	return syscall(SYS_capset, &header, data) == 0;
}

static bool
new_user_namespace(const char *argument)
{
	(void)argument;
	return syscall(SYS_unshare, CLONE_NEWUSER) == 0 ||
	    syscall(SYS_unshare, CLONE_NEWNS) == 0;
}

static bool
mount_over(const char *path)
{
	return syscall(SYS_mount, "none", path, "tmpfs", 0, NULL) == 0 ||
	    syscall(SYS_chroot, path) == 0;
}

/* --- files --------------------------------------------------------------- */

static bool
open_as(const char *path, int flags)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, flags, 0600);

	if (fd >= 0)
		syscall(SYS_close, fd);
	return fd >= 0;
}

static bool
read_file(const char *path)
{
	return open_as(path, O_RDONLY);
}

static bool
write_file(const char *path)
{
	return open_as(path, O_WRONLY);
}

static bool
make_file(const char *path)
{
	return open_as(path, O_WRONLY | O_CREAT | O_EXCL) ||
	    syscall(SYS_mknodat, AT_FDCWD, path, S_IFREG | 0600, 0) == 0 ||
	    syscall(SYS_mkdirat, AT_FDCWD, path, 0700) == 0 ||
	    syscall(SYS_symlinkat, "/", AT_FDCWD, path) == 0;
}

static bool
make_fifo(const char *path)
{
	return syscall(SYS_mknodat, AT_FDCWD, path, S_IFIFO | 0600, 0) == 0;
}

static bool
remove_file(const char *path)
{
	char name[WORD + 8];

	snprintf(name, sizeof(name), "%s.moved", path);
	return syscall(SYS_unlinkat, AT_FDCWD, path, 0) == 0 ||
	    syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, name, 0) == 0;
}

static bool
link_file(const char *path)
{
	char name[WORD + 8];

	snprintf(name, sizeof(name), "%s.linked", path);
	return syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, name, 0) == 0;
}

static bool
change_mode(const char *path)
{
	return syscall(SYS_fchmodat, AT_FDCWD, path, 0666) == 0 ||
	    syscall(SYS_fchownat, AT_FDCWD, path, 0, 0, 0) == 0 ||
	    truncate(path, 0) == 0;
}

/* What a file's mode is cannot be told by Landlock. */
static bool
change_mode_of_open(const char *path)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);

	return syscall(SYS_fchmod, fd < 0 ? 0 : fd, 0666) == 0;
}

static bool
list_directory(const char *path)
{
	return open_as(path, O_RDONLY | O_DIRECTORY);
}

/* --- programs and processes ----------------------------------------------- */

static bool
run_shell(const char *argument)
{
	static char *const words[] = { "sh", "-c", "true", NULL };

	(void)argument;
	return syscall(SYS_execve, "/bin/sh", words, NULL) == 0 ||
	    syscall(SYS_execveat, AT_FDCWD, "/bin/sh", words, NULL, 0) == 0;
}

static bool
clone_with(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags, 0, 0, 0, 0);

	if (pid == 0)
		syscall(SYS_exit_group, 0);
	return pid > 0;
}

/* The other way is that of the C library. */
static bool
fork_process(const char *argument)
{
	(void)argument;
	return clone_with(SIGCHLD) || clone_with(CLONE_CHILD_CLEARTID |
	    CLONE_CHILD_SETTID | SIGCHLD);
}

static bool
execute_memory(const char *argument)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)argument;
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ||
	    mprotect(at, 4096, PROT_READ | PROT_EXEC) == 0 ||
	    syscall(SYS_memfd_create, "x", 0) >= 0;
}

static bool
map_program(const char *path)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);

	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE,
	    fd < 0 ? 0 : (int)fd, 0) != MAP_FAILED;
}

static bool
trace_process(const char *pid)
{
	struct iovec none = { 0 };

	return syscall(SYS_ptrace, PTRACE_ATTACH, atol(pid), 0, 0) == 0 ||
	    syscall(SYS_process_vm_readv, atol(pid), &none, 1, &none, 1, 0)
	    == 0 || syscall(SYS_pidfd_open, atol(pid), 0) >= 0;
}

static bool
signal_process(const char *pid)
{
	return syscall(SYS_kill, atol(pid), SIGTERM) == 0 ||
	    syscall(SYS_tgkill, atol(pid), atol(pid), SIGTERM) == 0;
}

/* What happens on a descriptor becomes a signal to whoever owns it. */
static bool
signal_by_owner(const char *pid)
{
	return syscall(SYS_fcntl, client, F_SETOWN, atol(pid)) == 0 ||
	    syscall(SYS_fcntl, client, F_SETSIG, SIGKILL) == 0;
}

static bool
be_dumpable(const char *argument)
{
	(void)argument;
	return syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

/* What has had holes again and again. */
static bool
use_rare_calls(const char *argument)
{
	(void)argument;
	return syscall(SYS_bpf, 0, NULL, 0) == 0 ||
	    (errno == EPERM && syscall(SYS_io_uring_setup, 1, NULL) == 0) ||
	    (errno == EPERM && syscall(SYS_userfaultfd, 0) >= 0) ||
	    (errno == EPERM && syscall(SYS_perf_event_open, NULL, 0, -1, -1,
	    0) >= 0) ||
	    (errno == EPERM && syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID,
	    KEY_SPEC_USER_KEYRING, 1) >= 0) ||
	    (errno == EPERM && syscall(SYS_personality, 0xffffffff) >= 0);
}

/* --- sockets -------------------------------------------------------------- */

static bool
connect_out(const char *port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);

	return fd >= 0 && syscall(SYS_connect, fd, &to, sizeof(to)) == 0;
}

/* The client's own socket, made to forget the client. */
static bool
redial(const char *port)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	for (int fd = 0; fd < 3 || fd <= client; fd++)
		if (syscall(SYS_connect, fd, &none, sizeof(none)) == 0 ||
		    errno != EPERM)
			return true;
	return syscall(SYS_fcntl, client, F_DUPFD, 100) >= 0 ||
	    syscall(SYS_connect, client, &to, sizeof(to)) == 0;
}

/* A descriptor that is sent to oneself has another number. */
static bool
renumber(const char *argument)
{
	static const int yes = 1;
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "\0none" };
	union {
		struct cmsghdr header;
		char octets[CMSG_SPACE(sizeof(int))];
	} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET,
	    SCM_RIGHTS } };
	char octet = 'x';
	struct iovec vector = { &octet, 1 };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1,
	    .msg_control = &control, .msg_controllen = sizeof(control) };
	socklen_t length = sizeof(to);
	long fd = syscall(SYS_socket, AF_UNIX, SOCK_DGRAM, 0);

	(void)argument;
	memcpy(CMSG_DATA(&control.header), &client, sizeof(client));
	/* to bind is refused, but who wants credentials is bound all the same */
	syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes));
	syscall(SYS_connect, fd, &to, sizeof(sa_family_t) + 5);
	syscall(SYS_getsockname, fd, &to, &length);
	syscall(SYS_connect, fd, &to, length);
	syscall(SYS_sendmsg, fd, &message, 0);
	return syscall(SYS_recvmsg, fd, &message, MSG_DONTWAIT) >= 0;
}

static bool
listen_in(const char *argument)
{
	(void)argument;
	return syscall(SYS_socket, AF_INET6, SOCK_STREAM, 0) >= 0 ||
	    syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0) >= 0 ||
	    syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0) >= 0 ||
	    syscall(SYS_listen, 0, 1) == 0 ||
	    syscall(SYS_accept4, 0, NULL, NULL, 0) >= 0;
}

/* Whatever is open. */
static bool
accept_any(const char *argument)
{
	bool done = false;

	(void)argument;
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		done |= syscall(SYS_accept4, fd, NULL, NULL, 0) >= 0 ||
		    errno != EPERM;
	errno = EPERM;
	return done;
}

static bool
receive_any(const char *argument)
{
	char octet;
	struct iovec vector = { &octet, 1 };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
	bool done = false;

	(void)argument;
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		done |= syscall(SYS_recvmsg, fd, &message, MSG_DONTWAIT) >= 0 ||
		    errno != EPERM;
	errno = EPERM;
	return done;
}

/* Rubbish, and descriptors, through whatever is open but the client's. */
static bool
send_rubbish(const char *argument)
{
	union {
		struct cmsghdr header;
		char octets[CMSG_SPACE(sizeof(int))];
	} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET,
	    SCM_RIGHTS } };
	char rubbish[5000] = "LLLL";
	struct iovec vector = { rubbish, sizeof(rubbish) };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1,
	    .msg_control = &control, .msg_controllen = sizeof(control) };
	bool done = false;

	(void)argument;
	memcpy(CMSG_DATA(&control.header), &client, sizeof(client));
	for (int fd = 3; fd < DESCRIPTORS; fd++)
		for (int i = 0; fd != client && i < 10; i++)
			done |= syscall(SYS_sendmsg, fd, &message,
			    MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
	return done;
}

static bool
unix_socket(const char *argument)
{
	(void)argument;
	return syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0) >= 0;
}

/* --- the client's line ---------------------------------------------------- */

static const struct {
	const char *name;
	attempt *make;
} attempts[] = {
	{ "uid", set_uid }, { "one-uid", set_one_uid },
	{ "wide-uid", set_wide_uid }, { "gid", set_gid },
	{ "group", set_group }, { "capabilities", take_capabilities },
	{ "namespace", new_user_namespace }, { "mount", mount_over },
	{ "read", read_file }, { "write", write_file }, { "make", make_file },
	{ "fifo", make_fifo }, { "remove", remove_file },
	{ "link", link_file }, { "mode", change_mode }, { "list", list_directory },
	{ "shell", run_shell }, { "fork", fork_process },
	{ "execute", execute_memory }, { "map", map_program },
	{ "trace", trace_process }, { "signal", signal_process },
	{ "dumpable", be_dumpable }, { "rare", use_rare_calls },
	{ "connect", connect_out }, { "listen", listen_in },
	{ "unix", unix_socket }, { "redial", redial },
	{ "renumber", renumber }, { "accept", accept_any },
	{ "receive", receive_any }, { "rubbish", send_rubbish },
	{ "owner", signal_by_owner }, { "open-mode", change_mode_of_open },
};

static void
say(const char *name, bool worked)
{
	char line[WORD + 64];
	int length = worked
	    ? snprintf(line, sizeof(line), "attack: %s: done\n", name)
	    : snprintf(line, sizeof(line), "attack: %s: refused: %s\n", name,
	    strerrorname_np(errno));

	syscall(SYS_write, STDERR_FILENO, line, length);
}

static void
attack(const char *line)
{
	char name[WORD] = "", argument[WORD] = "";

	if (sscanf(line, "ATTACK %255[^ \r\n] %255[^\r\n]", name, argument)
	    < 1)
		return;
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		if (strcmp(attempts[i].name, name) == 0) {
			say(name, attempts[i].make(argument));
			return;
		}
	errno = ENOENT;
	say("no such attempt", false);
}

static bool
is_client(int fd)
{
	struct stat status;

	return fd == STDIN_FILENO || (fstat(fd, &status) == 0 &&
	    S_ISSOCK(status.st_mode));
}

static ssize_t
take(int fd, void *at, size_t length)
{
	char line[WORD * 2 + 16];
	ssize_t n = syscall(SYS_read, fd, at, length);
	int error = errno;

	if (n > 0 && (size_t)n < sizeof(line) && is_client(fd)) {
		client = fd;
		memcpy(line, at, (size_t)n);
		line[n] = '\0';
		attack(line);
	}
	errno = error;
	return n;
}

ssize_t
read(int fd, void *at, size_t length)
{
	return take(fd, at, length);
}

ssize_t __read_chk(int, void *, size_t, size_t);

ssize_t
__read_chk(int fd, void *at, size_t length, size_t room)
{
	if (length > room)
		abort();
	return take(fd, at, length);
}

int
accept4(int fd, __SOCKADDR_ARG address, socklen_t *length, int flags)
{
	int (*real)(int, __SOCKADDR_ARG, socklen_t *, int) =
	    (int (*)(int, __SOCKADDR_ARG, socklen_t *, int))dlsym(RTLD_NEXT,
	    "accept4");
	const char *path = getenv("ATTACK_ORDER");
	char line[WORD * 2 + 16];
	FILE *order = path == NULL ? NULL : fopen(path, "r");

	if (order != NULL && fgets(line, sizeof(line), order) != NULL)
		attack(line);
	if (order != NULL)
		fclose(order);
	return real(fd, address, length, flags);
}
