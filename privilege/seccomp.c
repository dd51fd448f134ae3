#include "privilege/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>

/* The kernel wants to be told whose numbers the calls are. */
#if defined(__x86_64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OUR_ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define OUR_ARCHITECTURE AUDIT_ARCH_PPC64LE
#else
#error "supported are x86-64, arm64, riscv64 and ppc64el (system call filter)"
#endif

/* What a rule becomes at most: its number, eleven that test, two at the end; or
 * a leaf of the search and a branch to it. */
#define CONDITIONAL_MAX 14
#define PLAIN_MAX 2
#define FRAME 7			/* before, between and after the rules */

/* A jump to where the rule's last instruction but the number is: as yet. */
#define FAILED 0xff

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOW_HALF 4U
#else
#define LOW_HALF 0U
#endif

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))

static void
put(struct seccomp_program *program, struct sock_filter instruction)
{
	program->at[program->length++] = instruction;
}

static void
put_jump(struct seccomp_program *program, unsigned short test, uint32_t value,
    uint32_t if_true, uint32_t if_false)
{
	put(program, (struct sock_filter)BPF_JUMP(
	    (unsigned short)(BPF_JMP | BPF_K) | test, value,
	    (unsigned char)if_true, (unsigned char)if_false));
}

static void
put_argument(struct seccomp_program *program, uint32_t number)
{
	put(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)offsetof(struct seccomp_data, args) + LOW_HALF +
	    8 * number));
}

/* The first three arguments are the same: the last of them stays at hand. */
static void
put_same(struct seccomp_program *program)
{
	put_argument(program, 0);
	put(program, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0));
	for (uint32_t number = 1; number < 3; number++) {
		put_argument(program, number);
		put(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ |
		    BPF_X, 0, 0, FAILED));
	}
}

/* No more instructions than it takes: the kernel compiles them at each start
 * of the program. */
static void
put_tests(struct seccomp_program *program, const struct seccomp_rule *rule)
{
	if (rule->is_same_thrice)
		put_same(program);
	else
		put_argument(program, rule->argument);
	if (rule->mask != UINT32_MAX)
		put(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND |
		    BPF_K, rule->mask));
	if (rule->low == rule->high) {
		put_jump(program, BPF_JEQ, rule->low, 0, FAILED);
	} else {
		if (rule->low > 0)
			put_jump(program, BPF_JGE, rule->low, 0, FAILED);
		if (rule->high < UINT32_MAX)
			put_jump(program, BPF_JGT, rule->high, FAILED, 0);
	}
	if (rule->is_next_zero) {
		put_argument(program, rule->argument + 1);
		put_jump(program, BPF_JEQ, 0, 0, FAILED);
	}
}

/* Allows the call, or goes on behind the rule with its number at hand. */
static void
put_rule(struct seccomp_program *program, const struct seccomp_rule *rule)
{
	unsigned short start = program->length;

	put_jump(program, BPF_JEQ, (uint32_t)rule->call, 0, FAILED);
	put_tests(program, rule);
	put(program, (struct sock_filter)RETURN(SECCOMP_RET_ALLOW));
	for (unsigned short i = start; i < program->length; i++) {
		struct sock_filter *at = &program->at[i];
		unsigned char distance =
		    (unsigned char)(program->length - i - 1);

		if (at->jt == FAILED)
			at->jt = distance;
		if (at->jf == FAILED)
			at->jf = distance;
	}
	/* only the test of the number has it still */
	program->at[start].jf++;
	put(program, (struct sock_filter)LOAD(nr));
}

/* --- calls that may be made whatever their arguments are ----------------- */

/* Calls whose numbers follow one another. */
struct run {
	uint32_t first, last;
};

struct runs {
	struct run *at;
	uint32_t count;
};

static int
compare_runs(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* The runs of those calls in order; `runs` has room for all rules. */
static void
find_runs(const struct seccomp_rule *rules, size_t count, struct runs *runs)
{
	uint32_t merged = 0;

	runs->count = 0;
	for (size_t i = 0; i < count; i++)
		if (!rules[i].is_conditional)
			runs->at[runs->count++] = (struct run){
				(uint32_t)rules[i].call, (uint32_t)rules[i].call
			};
	qsort(runs->at, runs->count, sizeof(*runs->at), compare_runs);
	for (uint32_t i = 1; i < runs->count; i++)
		if (runs->at[i].first <= runs->at[merged].last + 1)
			runs->at[merged].last = runs->at[i].last;
		else
			runs->at[++merged] = runs->at[i];
	runs->count = runs->count == 0 ? 0 : merged + 1;
}

/*
 * Searches the runs from `low` to before `high`, one of which it is if it is
 * any: a branch for each but one, a leaf for each. The kernel follows every
 * number through the program when it is installed, so that a list of tests one
 * after the other would cost ten times as much. `refuse` and `allow` are where
 * the program ends.
 */
static void
put_search(struct seccomp_program *program, const struct runs *runs,
    uint32_t low, uint32_t high, uint32_t refuse)
{
	uint32_t middle = low + (high - low) / 2, allow = refuse + 1;
	uint32_t next = program->length + 1U;

	if (high - low == 1) {
		put_jump(program, BPF_JGT, runs->at[low].last, refuse - next,
		    allow - next);
		return;
	}
	/* the left part has two instructions a run, but one */
	put_jump(program, BPF_JGE, runs->at[middle].first,
	    2 * (middle - low) - 1, 0);
	put_search(program, runs, low, middle, refuse);
	put_search(program, runs, middle, high, refuse);
}

/* False with errno if there are more than its jumps can reach over. */
static bool
put_runs(struct seccomp_program *program, const struct runs *runs)
{
	uint32_t refuse = program->length + 2 * runs->count;

	if (2 * runs->count > UINT8_MAX) {
		errno = E2BIG;
		return false;
	}
	if (runs->count > 0) {
		put_jump(program, BPF_JGE, runs->at[0].first, 0,
		    2 * runs->count - 1);
		put_search(program, runs, 0, runs->count, refuse);
	}
	put(program, (struct sock_filter)RETURN(SECCOMP_RET_ERRNO | EPERM));
	put(program, (struct sock_filter)RETURN(SECCOMP_RET_ALLOW));
	return true;
}

static bool
put_program(struct seccomp_program *program, const struct seccomp_rule *rules,
    size_t count, struct runs *runs)
{
	put(program, (struct sock_filter)LOAD(arch));
	put_jump(program, BPF_JEQ, OUR_ARCHITECTURE, 1, 0);
	put(program, (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS));
	put(program, (struct sock_filter)LOAD(nr));
	for (size_t i = 0; i < count; i++)
		if (rules[i].is_conditional)
			put_rule(program, &rules[i]);
	find_runs(rules, count, runs);
	return put_runs(program, runs);
}

/* No more than that: a process that was forked copies each page that it takes
 * from those it shares. */
static size_t
instructions_max(const struct seccomp_rule *rules, size_t count)
{
	size_t most = FRAME;

	for (size_t i = 0; i < count; i++)
		most += rules[i].is_conditional ? CONDITIONAL_MAX : PLAIN_MAX;
	return most;
}

bool
seccomp_compile(const struct seccomp_rule *rules, size_t count,
    struct seccomp_program *program)
{
	struct runs runs = { .at = calloc(count + 1, sizeof(*runs.at)) };
	bool done;

	*program = (struct seccomp_program){
		.at = calloc(instructions_max(rules, count),
		    sizeof(*program->at)),
	};
	done = program->at != NULL && runs.at != NULL &&
	    put_program(program, rules, count, &runs);
	free(runs.at);
	return done;
}

static bool
install(const struct seccomp_program *program)
{
	const struct sock_fprog filter = { program->length, program->at };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

bool
seccomp_allow(const struct seccomp_rule *rules, size_t count)
{
	struct seccomp_program program;
	bool done = seccomp_compile(rules, count, &program) &&
	    install(&program);

	free(program.at);
	return done;
}

/* A null pointer is looked at only where there are filters (seccomp(2)). */
bool
seccomp_is_there(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) == -1 &&
	    errno == EFAULT;
}

/* Whose numbers they are the filter before has looked at. */
bool
seccomp_refuse(int call)
{
	struct sock_filter at[4];
	struct seccomp_program program = { .at = at };

	put(&program, (struct sock_filter)LOAD(nr));
	put_jump(&program, BPF_JEQ, (uint32_t)call, 0, 1);
	put(&program, (struct sock_filter)RETURN(SECCOMP_RET_ERRNO | EPERM));
	put(&program, (struct sock_filter)RETURN(SECCOMP_RET_ALLOW));
	return install(&program);
}
