/*
 * The system call filters (privilege/seccomp.h): the compiled program says of
 * every call what the list of rules says, read one rule after the other. An
 * interpreter of the kernel's filter machine runs it.
 */
#include "privilege/sandbox.c"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/unit/check.h"

#if defined(__x86_64__)
#define OURS AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OURS AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define OURS AUDIT_ARCH_RISCV64
#else
#define OURS AUDIT_ARCH_PPC64LE
#endif

/* No system has more calls. */
#define NUMBER_MAX 600
#define X32_BIT 0x40000000
#define RANDOM_RULES_MAX 40
#define RANDOM_LISTS 200

static const uint32_t architectures[] = {
	AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
	AUDIT_ARCH_ARM, AUDIT_ARCH_RISCV64, AUDIT_ARCH_RISCV32,
	AUDIT_ARCH_PPC64LE, AUDIT_ARCH_PPC64, AUDIT_ARCH_S390X, 0, UINT32_MAX,
};

/* --- the machine --------------------------------------------------------- */

struct machine {
	uint32_t a, x;
	const struct seccomp_data *data;
};

static bool
is_true(const struct machine *m, const struct sock_filter *at)
{
	uint32_t with = BPF_SRC(at->code) == BPF_X ? m->x : at->k;

	switch (BPF_OP(at->code)) {
	case BPF_JEQ:
		return m->a == with;
	case BPF_JGE:
		return m->a >= with;
	case BPF_JGT:
		return m->a > with;
	default:
		abort();
	}
}

/* What a program that ends says. One that does not is a defect: it jumps
 * forwards only. */
static uint32_t
run(const struct seccomp_program *program, const struct seccomp_data *data)
{
	struct machine m = { .data = data };

	for (size_t pc = 0; pc < program->length; pc++) {
		const struct sock_filter *at = &program->at[pc];

		switch (BPF_CLASS(at->code)) {
		case BPF_LD:
			if (at->k + sizeof(m.a) > sizeof(*data))
				abort();
			memcpy(&m.a, (const char *)data + at->k, sizeof(m.a));
			break;
		case BPF_ALU:
			m.a &= at->k;
			break;
		case BPF_MISC:
			m.x = m.a;
			break;
		case BPF_JMP:
			pc += is_true(&m, at) ? at->jt : at->jf;
			break;
		case BPF_RET:
			return at->k;
		default:
			abort();
		}
	}
	abort();
}

/* --- the rules, one after the other --------------------------------------- */

static bool
allows(const struct seccomp_rule *rule, const struct seccomp_data *data)
{
	uint32_t value = (uint32_t)data->args[rule->is_same_thrice ? 2
	    : rule->argument];

	if (rule->call != data->nr)
		return false;
	if (!rule->is_conditional)
		return true;
	if (rule->is_same_thrice &&
	    ((uint32_t)data->args[0] != value ||
	    (uint32_t)data->args[1] != value))
		return false;
	value &= rule->mask;
	return value >= rule->low && value <= rule->high &&
	    (!rule->is_next_zero ||
	    (uint32_t)data->args[rule->argument + 1] == 0);
}

static uint32_t
wanted(const struct seccomp_rule *rules, size_t count,
    const struct seccomp_data *data)
{
	if (data->arch != OURS)
		return SECCOMP_RET_KILL_PROCESS;
	for (size_t i = 0; i < count; i++)
		if (allows(&rules[i], data))
			return SECCOMP_RET_ALLOW;
	return SECCOMP_RET_ERRNO | EPERM;
}

/* --- holding one against the other ---------------------------------------- */

struct list {
	const struct seccomp_rule *rules;
	size_t count;
	struct seccomp_program program;
};

static void
check_call(const struct list *list, const struct seccomp_data *data)
{
	uint32_t found = run(&list->program, data);
	uint32_t want = wanted(list->rules, list->count, data);

	check_that(found == want, "call %d of %x (%llx %llx %llx): %x, not %x",
	    data->nr, data->arch, (unsigned long long)data->args[0],
	    (unsigned long long)data->args[1],
	    (unsigned long long)data->args[2], found, want);
}

/* The call with a value in one argument, alone, in the first three, and with
 * one behind it. */
static void
check_value(const struct list *list, int number, uint32_t argument,
    uint64_t value)
{
	struct seccomp_data data = { .nr = number, .arch = OURS };

	data.args[argument] = value;
	check_call(list, &data);
	if (argument + 1 < 6) {
		data.args[argument + 1] = 1;
		check_call(list, &data);
	}
	for (size_t i = 0; i < 3; i++)
		data.args[i] = value;
	check_call(list, &data);
	data.args[0]++;
	check_call(list, &data);
	data.args[0]--;
	data.args[1]++;
	check_call(list, &data);
}

static void
check_edges(const struct list *list, const struct seccomp_rule *rule)
{
	const uint32_t values[] = {
		0, 1, UINT32_MAX, rule->low - 1, rule->low, rule->low + 1,
		rule->high - 1, rule->high, rule->high + 1, rule->mask,
		~rule->mask,
	};

	for (size_t i = 0; i < COUNT(values); i++) {
		check_value(list, rule->call, rule->argument, values[i]);
		/* the high half is nobody's business */
		check_value(list, rule->call, rule->argument,
		    (uint64_t)1 << 32 | values[i]);
	}
}

static void
check_number(const struct list *list, int number)
{
	for (uint32_t argument = 0; argument < 5; argument++)
		check_value(list, number, argument, 0);
	for (size_t i = 0; i < COUNT(architectures); i++) {
		const struct seccomp_data data = {
			.nr = number, .arch = architectures[i]
		};

		check_call(list, &data);
	}
}

static void
check_list(const struct seccomp_rule *rules, size_t count)
{
	struct list list = { .rules = rules, .count = count };

	if (!check_that(seccomp_compile(rules, count, &list.program),
	    "does not compile: %s", strerror(errno)))
		return;
	for (int number = -1; number <= NUMBER_MAX; number++) {
		check_number(&list, number);
		check_number(&list, number | X32_BIT);
	}
	check_number(&list, INT32_MAX);
	check_number(&list, INT32_MIN);
	for (size_t i = 0; i < count; i++)
		check_edges(&list, &rules[i]);
	free(list.program.at);
}

/* --- the lists ------------------------------------------------------------ */

static void
check_preauth(uid_t uid_min, gid_t gid_min, int channel)
{
	const struct sandbox_preauth sandbox = {
		.uid_min = uid_min, .gid_min = gid_min, .connection = 3,
		.channel = channel,
	};
	struct rules rules = { 0 };

	make_preauth(&rules, &sandbox);
	check_list(rules.at, rules.count);
}

static void
check_listener(void)
{
	struct rules rules = { 0 };

	make_listener(&rules, 1000, 1000);
	check_list(rules.at, rules.count);
}

/* In a process of its own, as it is for ever. */
static int
try_refusal(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    !seccomp_refuse(SYS_recvmsg) || !seccomp_refuse(SYS_getppid))
		return 1;
	if (syscall(SYS_getppid) != -1 || errno != EPERM)
		return 2;
	if (recvmsg(-1, NULL, 0) != -1 || errno != EPERM)
		return 3;
	return getpid() > 0 && sendmsg(-1, NULL, 0) == -1 && errno == EBADF
	    ? 0 : 4;
}

static void
check_refusal(void)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(try_refusal());
	if (child == -1 || waitpid(child, &status, 0) == -1)
		abort();
	check_same((uint64_t)status, 0, "how the process ended");
}

static bool
listener_allows(int number, uint64_t first, uint64_t second)
{
	const struct seccomp_data data = {
		.nr = number, .arch = OURS, .args = { first, second },
	};
	struct rules rules = { 0 };
	struct seccomp_program program;
	uint32_t found;

	make_listener(&rules, 1000, 1000);
	if (!seccomp_compile(rules.at, rules.count, &program))
		abort();
	found = run(&program, &data);
	free(program.at);
	return found == SECCOMP_RET_ALLOW;
}

/* A fork as the C library makes it. */
#define FORK (CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD)

/* Beside what holds for all lists: what this one is for. */
static void
check_listener_alone(void)
{
	static const int never[] = {
		SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
		SYS_pidfd_open, SYS_pidfd_getfd, SYS_pidfd_send_signal,
		SYS_tgkill, SYS_tkill, SYS_rt_sigqueueinfo, SYS_unshare,
		SYS_setns, SYS_clone3, SYS_bind, SYS_listen, SYS_mount,
		SYS_bpf, SYS_execveat, SYS_setuid, SYS_setgid, SYS_shmget,
		SYS_memfd_create, SYS_perf_event_open, SYS_io_uring_setup,
	};

	for (size_t i = 0; i < COUNT(never); i++)
		check_that(!listener_allows(never[i], 0, 0), "call %d",
		    never[i]);
	check_that(listener_allows(SYS_clone, FORK, 0) &&
	    !listener_allows(SYS_clone, FORK | CLONE_NEWUSER, 0) &&
	    !listener_allows(SYS_clone, FORK | CLONE_VM, 0) &&
	    !listener_allows(SYS_clone, SIGCHLD, 0), "clone");
	check_that(listener_allows(SYS_kill, 2, SIGKILL) &&
	    listener_allows(SYS_kill, INT32_MAX, SIGKILL) &&
	    !listener_allows(SYS_kill, 1, SIGKILL) &&
	    !listener_allows(SYS_kill, 0, SIGKILL) &&
	    !listener_allows(SYS_kill, (uint64_t)-1, SIGKILL) &&
	    !listener_allows(SYS_kill, (uint32_t)-5, SIGKILL), "kill");
	check_that(listener_allows(SYS_socket, AF_UNIX, SOCK_DGRAM) &&
	    !listener_allows(SYS_socket, AF_INET, SOCK_STREAM) &&
	    !listener_allows(SYS_socket, AF_NETLINK, SOCK_RAW), "socket");
}

static void
check_random(struct dice *dice)
{
	struct seccomp_rule rules[RANDOM_RULES_MAX];
	size_t count = dice_roll(dice, RANDOM_RULES_MAX + 1);

	for (size_t i = 0; i < count; i++) {
		uint32_t low = (uint32_t)dice_roll(dice, 9);

		rules[i] = (struct seccomp_rule){
			.call = (int)dice_roll(dice, 60),
			.is_conditional = dice_roll(dice, 3) == 0,
			.is_same_thrice = dice_roll(dice, 4) == 0,
			.is_next_zero = dice_roll(dice, 4) == 0,
			.argument = (uint32_t)dice_roll(dice, 5),
			.mask = dice_roll(dice, 2) == 0 ? UINT32_MAX : 6,
			.low = low,
			.high = dice_roll(dice, 5) == 0 ? UINT32_MAX
			    : low + (uint32_t)dice_roll(dice, 5),
		};
		if (rules[i].is_same_thrice)
			rules[i].argument = 2;
	}
	check_list(rules, count);
}

/* qemu-user has none. */
static bool
kernel_has_filters(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != -1;
}

int
main(void)
{
	struct dice dice = { .state = 1939 };

	check_begin("The pre-auth filter says what its rules say");
	check_preauth(1000, 1000, -1);
	check_preauth(1, 100, -1);
	check_preauth(SANDBOX_RESERVED_ID_LAST + 1, 1000, -1);
	check_preauth(70000, 70000, -1);
	check_preauth(1000, 1000, 5);
	check_end();
	check_begin("The listener's filter says what its rules say");
	check_listener();
	check_end();
	check_begin("The listener forks, ends processes, and does no other harm");
	check_listener_alone();
	check_end();
	if (kernel_has_filters()) {
		check_begin("A call that is refused from now on is the only "
		    "one");
		check_refusal();
		check_end();
	}
	check_begin("The post-auth filter says what its rules say");
	check_list(postauth_rules, COUNT(postauth_rules));
	check_end();
	check_begin("A filter without rules refuses all");
	check_list(NULL, 0);
	check_end();
	check_begin("Random rules are compiled to what they say");
	for (int i = 0; i < RANDOM_LISTS; i++)
		check_random(&dice);
	check_end();
	return check_status();
}
