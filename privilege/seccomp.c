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
#error "the system call filter does not know this architecture"
#endif

/* What a rule becomes: its number, four for each argument, two at the end. */
#define RULE_MAX (3 + 4 * 6)
#define FRAME 4			/* before and after the rules */

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))

/* A program for the kernel's filter machine, which jumps forwards only. */
struct program {
	struct sock_filter *at;
	unsigned short length;
};

static void
put(struct program *program, struct sock_filter instruction)
{
	program->at[program->length++] = instruction;
}

static void
put_jump(struct program *program, unsigned short test, uint32_t value,
    uint32_t if_true, uint32_t if_false)
{
	put(program, (struct sock_filter)BPF_JUMP(
	    (unsigned short)(BPF_JMP | BPF_K) | test, value,
	    (unsigned char)if_true, (unsigned char)if_false));
}

/* The low half of the argument, on machines that store it first. */
static void
put_argument(struct program *program, const struct seccomp_rule *rule,
    uint32_t number)
{
	uint32_t to_end = 4 * (rule->count - number - 1) + 1;

	put(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)offsetof(struct seccomp_data, args) +
	    8 * (rule->first + number)));
	put(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K,
	    rule->mask));
	put_jump(program, BPF_JGE, rule->low, 0, to_end + 1);
	put_jump(program, BPF_JGT, rule->high, to_end, 0);
}

/* Allows the call, or goes on behind the rule with its number at hand. */
static void
put_rule(struct program *program, const struct seccomp_rule *rule)
{
	uint32_t arguments = 4 * rule->count;

	put_jump(program, BPF_JEQ, (uint32_t)rule->call, 0,
	    arguments + (rule->count > 0 ? 2 : 1));
	for (uint32_t i = 0; i < rule->count; i++)
		put_argument(program, rule, i);
	put(program, (struct sock_filter)RETURN(SECCOMP_RET_ALLOW));
	if (rule->count > 0)
		put(program, (struct sock_filter)LOAD(nr));
}

bool
seccomp_allow(const struct seccomp_rule *rules, size_t count)
{
	struct program program = {
		.at = calloc(FRAME + 1 + count * RULE_MAX,
		    sizeof(*program.at)),
	};
	struct sock_fprog filter;
	int result;

	if (program.at == NULL)
		return false;
	put(&program, (struct sock_filter)LOAD(arch));
	put_jump(&program, BPF_JEQ, OUR_ARCHITECTURE, 1, 0);
	put(&program, (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS));
	put(&program, (struct sock_filter)LOAD(nr));
	for (size_t i = 0; i < count; i++)
		put_rule(&program, &rules[i]);
	put(&program, (struct sock_filter)RETURN(SECCOMP_RET_ERRNO | EPERM));
	filter = (struct sock_fprog){ program.length, program.at };
	result = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
	free(program.at);
	return result == 0;
}
