/*
 * usage: phases calls|calls-wait PROGRAM
 *        phases time|time-wait COUNT PROGRAM...
 *
 * What a session of PROGRAM costs, phase by phase: it is told USER, PASS, STAT
 * and QUIT, each when the one before was answered. PROGRAM is started for the
 * one TCP connection (inetd's nowait) or, with "-wait", as a listener, of which
 * a child serves it. "calls" counts system calls and page faults of the process
 * that serves; "time" measures COUNT sessions of each PROGRAM, in turn: median
 * microseconds, and of the processor and faults the mean, listeners' included.
 *
 * Each PROGRAM is given $POP3_OPTION with its own name at the end: a state
 * directory, as versions of it may not use each other's.
 */
#include <arpa/inet.h>
#include <err.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS 4
#define PAUSE_MICROSECONDS 3000
#define TRACEES_MAX 64
#define PROGRAMS_MAX 8

static const char *const commands[COMMANDS] = {
	"USER mrose\r\n", "PASS secret\r\n", "STAT\r\n", "QUIT\r\n"
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* --- the client, and how a server is started ----------------------------- */

static struct sockaddr_in
address_of(int fd)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t length = sizeof(at);

	if (getsockname(fd, (struct sockaddr *)&at, &length) == -1)
		err(1, "getsockname");
	return at;
}

static int
listen_somewhere(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    listen(fd, 16) == -1)
		err(1, "no loopback");
	return fd;
}

static int
connect_to(const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd == -1 || connect(fd, (const struct sockaddr *)at,
	    sizeof(*at)) == -1 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY,
	    &one, sizeof(one)) == -1)
		err(1, "cannot connect");
	return fd;
}

/* With `in` as its standard input and output. */
static pid_t
start(char *program, int in, bool is_traced)
{
	char option[4096];
	char *arguments[] = { program, NULL, NULL };
	pid_t child;

	if (getenv("POP3_OPTION") != NULL) {
		snprintf(option, sizeof(option), "%s%s",
		    getenv("POP3_OPTION"), basename(program));
		arguments[1] = option;
	}
	child = is_traced ? fork() : vfork();

	if (child != 0)
		return child;
	dup2(in, 0);
	dup2(in, 1);
	if (is_traced && (ptrace(PTRACE_TRACEME, 0, 0, 0) == -1 ||
	    raise(SIGSTOP) != 0))
		_exit(126);
	execv(program, arguments);
	_exit(127);
}

static void
say(int fd, const char *line)
{
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) == -1)
		err(1, "the server hung up");
}

static void
hear(int fd)
{
	char answer[4096];
	size_t got = 0;

	do {
		ssize_t n = recv(fd, answer + got, sizeof(answer) - got, 0);

		if (n <= 0)
			errx(1, "the server hung up");
		got += (size_t)n;
	} while (answer[got - 1] != '\n');
	if (answer[0] != '+')
		errx(1, "refused: %.*s", (int)got, answer);
}

/* --- calls ---------------------------------------------------------------- */

enum phase {
	LOADING, PREPARING, GREETING, CONFINING, USER, CHECKING, CLAIMING,
	BECOMING, OPENING, STAT, QUIT, PHASES
};

static const char *const names[PHASES] = {
	"exec and the loader", "before it has a connection", "to the greeting",
	"after the greeting", "USER", "PASS: the check",
	"PASS: log, claim", "PASS: groups, account, open",
	"PASS: list, answer", "STAT", "QUIT, to the end",
};

struct tracee {
	pid_t pid;
	enum phase phase;
	uint64_t last;			/* its last call */
	unsigned long calls[PHASES], faults[PHASES], faults_before;
};

static struct tracing {
	struct tracee tracees[TRACEES_MAX];
	size_t count;
	bool is_listener;
	struct sockaddr_in at;		/* of the listener */
	int client, said;
} tracing = { .client = -1 };

static unsigned long
faults_of(pid_t pid)
{
	char path[64], stat[1024], *at;
	unsigned long faults = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (file == NULL)
		return 0;
	if (fgets(stat, sizeof(stat), file) != NULL &&
	    (at = strrchr(stat, ')')) != NULL)
		sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %lu", &faults);
	fclose(file);
	return faults;
}

/* Says the next command when the server is about to wait for it. */
static void
feed(struct tracee *t)
{
	static const enum phase phases[COMMANDS] = {
		USER, CHECKING, STAT, QUIT
	};
	struct pollfd reply = { .fd = tracing.client, .events = POLLIN };

	if (t->phase < CONFINING || tracing.said == COMMANDS ||
	    poll(&reply, 1, 0) != 1)
		return;
	hear(tracing.client);
	say(tracing.client, commands[tracing.said]);
	t->phase = phases[tracing.said++];
}

/* A phase that no command begins. */
static void
step(struct tracee *t, uint64_t nr, const uint64_t *arguments)
{
	bool is_filter = nr == SYS_seccomp || (nr == SYS_prctl &&
	    arguments[0] == PR_SET_SECCOMP);

	if (t->phase == LOADING && nr == SYS_prctl &&
	    arguments[0] == PR_SET_DUMPABLE)
		t->phase = tracing.is_listener ? PREPARING : GREETING;
	else if (t->phase == GREETING && nr == SYS_sendto)
		t->phase = CONFINING;
	else if (t->phase == CHECKING && (nr == SYS_sendto ||
	    nr == SYS_sendmsg))
		t->phase = CLAIMING;
	else if (t->phase == CLAIMING && (nr == SYS_getgroups ||
	    nr == SYS_setgroups))
		t->phase = BECOMING;
	else if (t->phase == BECOMING && is_filter)
		t->phase = OPENING;
}

/* A spare waits for a connection: here it is. Whoever has taken it goes on. */
static void
meet(struct tracee *t, uint64_t nr)
{
	if (t->phase == PREPARING && t->last == SYS_recvmsg)
		t->phase = GREETING;
	if (tracing.is_listener && nr == SYS_recvmsg && tracing.client == -1)
		tracing.client = connect_to(&tracing.at);
	t->last = nr;
}

static void
enter_call(struct tracee *t)
{
	struct __ptrace_syscall_info call;
	unsigned long faults;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(call),
	    &call) == -1 || call.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	faults = faults_of(t->pid);
	t->faults[t->phase] += faults - t->faults_before;
	t->faults_before = faults;
	meet(t, call.entry.nr);
	if (call.entry.nr == SYS_poll || call.entry.nr == SYS_ppoll)
		feed(t);
	step(t, call.entry.nr, call.entry.args);
	t->calls[t->phase]++;
}

static struct tracee *
tracee_of(pid_t pid)
{
	struct tracee *t = tracing.tracees;

	while (t < tracing.tracees + tracing.count && t->pid != pid)
		t++;
	if (t == tracing.tracees + TRACEES_MAX)
		errx(1, "too many children");
	if (t < tracing.tracees + tracing.count)
		return t;
	tracing.count++;
	*t = (struct tracee){
		.pid = pid, .phase = tracing.count > 1 ? PREPARING : LOADING
	};
	return t;
}

static void
print(const struct tracee *t)
{
	unsigned long calls = 0, faults = 0;

	for (enum phase i = 0; i < PHASES; i++) {
		calls += t->calls[i];
		faults += t->faults[i];
		if (t->calls[i] > 0)
			printf("%-28s %5lu calls %5lu faults\n", names[i],
			    t->calls[i], t->faults[i]);
	}
	printf("%-28s %5lu calls %5lu faults\n", "all", calls, faults);
}

/* Until the process that has served ends. */
static void
trace(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) != -1) {
		struct tracee *t = tracee_of(pid);
		int signal_number = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;

		if (!WIFSTOPPED(status) && t->calls[QUIT] > 0) {
			print(t);
			return;
		}
		if (signal_number == (SIGTRAP | 0x80))
			enter_call(t);
		if (signal_number == SIGTRAP || signal_number == SIGSTOP ||
		    signal_number == (SIGTRAP | 0x80))
			signal_number = 0;
		ptrace(PTRACE_SYSCALL, pid, 0, signal_number);
	}
	errx(1, "nobody has served");
}

static void
count_calls(char *program, bool is_listener)
{
	int listening = listen_somewhere(), in = listening, status;
	pid_t child;

	tracing.at = address_of(listening);
	tracing.is_listener = is_listener;
	if (!is_listener) {
		tracing.client = connect_to(&tracing.at);
		in = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	}
	child = start(program, in, true);
	waitpid(child, &status, 0);
	tracee_of(child);
	ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD |
	    PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK |
	    PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE);
	ptrace(PTRACE_SYSCALL, child, 0, 0);
	trace();
}

/* --- time ----------------------------------------------------------------- */

enum measure {
	TO_GREETING, TO_USER, TO_PASS, TO_STAT, TO_QUIT, WHOLE, MEASURES
};

static const char *const measures[MEASURES] = {
	"connect to greeting", "USER", "PASS", "STAT", "QUIT", "all of it",
};

struct server {
	char *program;
	int listening;
	pid_t listener;			/* or 0 */
	double processor, faults;	/* of all sessions */
	double *took[MEASURES];
};

static void
add_use(struct server *s, const struct rusage *use)
{
	s->processor += (double)(use->ru_utime.tv_sec +
	    use->ru_stime.tv_sec) * 1e6 + (double)(use->ru_utime.tv_usec +
	    use->ru_stime.tv_usec);
	s->faults += (double)use->ru_minflt;
}

static int
meet_server(const struct server *s, pid_t *child)
{
	const struct sockaddr_in at = address_of(s->listening);
	int client = connect_to(&at), in;

	*child = 0;
	if (s->listener != 0)
		return client;
	in = accept4(s->listening, NULL, NULL, SOCK_CLOEXEC);
	*child = start(s->program, in, false);
	close(in);
	return client;
}

/* Each command finds a server that waits for it, as over a network. */
static void
session(struct server *s, int number)
{
	double began = now();
	struct rusage use;
	char rest;
	pid_t child;
	int client = meet_server(s, &child);

	for (int i = 0; i <= COMMANDS; i++) {
		if (i > 0)
			say(client, commands[i - 1]);
		hear(client);
		if (i == COMMANDS && recv(client, &rest, 1, 0) != 0)
			errx(1, "no end");
		s->took[i][number] = now() - began;
		s->took[WHOLE][number] += s->took[i][number];
		usleep(PAUSE_MICROSECONDS);
		began = now();
	}
	close(client);
	if (child != 0 && wait4(child, NULL, 0, &use) == child)
		add_use(s, &use);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), compare);
	return values[count / 2];
}

static void
open_server(struct server *s, char *program, int count, bool is_listener)
{

	*s = (struct server){
		.program = program, .listening = listen_somewhere()
	};
	for (int m = 0; m < MEASURES; m++)
		s->took[m] = calloc((size_t)count, sizeof(double));
	if (!is_listener)
		return;
	s->listener = start(program, s->listening, false);
	usleep(300000);			/* it makes ready */
}

static void
close_server(struct server *s)
{
	struct rusage use;

	if (s->listener == 0)
		return;
	usleep(100000);			/* it hears of the last child's end */
	kill(s->listener, SIGTERM);
	if (wait4(s->listener, NULL, 0, &use) == s->listener)
		add_use(s, &use);
}

static void
measure(int count, int programs, char **program, bool is_listener)
{
	struct server servers[PROGRAMS_MAX];

	for (int p = 0; p < programs; p++)
		open_server(&servers[p], program[p], count, is_listener);
	for (int i = 0; i < count; i++)
		for (int p = 0; p < programs; p++)
			session(&servers[p], i);
	for (int p = 0; p < programs; p++)
		close_server(&servers[p]);
	for (int m = 0; m < MEASURES; m++) {
		printf("%-28s", measures[m]);
		for (int p = 0; p < programs; p++)
			printf(" %8.0f", median(servers[p].took[m], count));
		printf("\n");
	}
	printf("%-28s", "processor time");
	for (int p = 0; p < programs; p++)
		printf(" %8.0f", servers[p].processor / count);
	printf("\n%-28s", "page faults");
	for (int p = 0; p < programs; p++)
		printf(" %8.0f", servers[p].faults / count);
	printf("\n");
}

int
main(int argc, char **argv)
{
	bool is_listener = argc >= 3 && strstr(argv[1], "-wait") != NULL;

	alarm(600);
	if (argc >= 3 && strncmp(argv[1], "calls", 5) == 0)
		count_calls(argv[2], is_listener);
	else if (argc >= 4 && argc < 4 + PROGRAMS_MAX &&
	    strncmp(argv[1], "time", 4) == 0)
		measure(atoi(argv[2]), argc - 3, argv + 3, is_listener);
	else
		errx(2, "usage: phases calls[-wait] PROGRAM | "
		    "phases time[-wait] COUNT PROGRAM...");
	return 0;
}
