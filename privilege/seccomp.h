/*
 * System call filters (seccomp(2)): from here on the listed calls only.
 *
 * A filter cannot be taken back, only narrowed by a further one. What is not
 * listed fails with EPERM, for libraries have ways to go on without; a call by
 * way of another architecture's numbers ends the process.
 */
#ifndef PRIVILEGE_SECCOMP_H
#define PRIVILEGE_SECCOMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sock_filter;

/* A call that may be made; or that may be if one of its arguments, or its first
 * three, which are the same, are from `low` to `high` after `mask`; and if the
 * argument behind that one is 0, where that is asked for. 32 bits are looked
 * at, so only arguments of that size belong here. One row that allows a call is
 * enough. */
struct seccomp_rule {
	int call;		/* SYS_... */
	bool is_conditional, is_same_thrice, is_next_zero;
	uint32_t argument;
	uint32_t mask, low, high;
};

/* A program for the kernel's filter machine (bpf(4)). */
struct seccomp_program {
	struct sock_filter *at;
	unsigned short length;
};

/* Whether this kernel filters. */
bool seccomp_is_there(void);

/* Compiles rules (pure). The caller frees program->at. False with errno. */
bool seccomp_compile(const struct seccomp_rule *, size_t count,
    struct seccomp_program *);

/* From here on that call fails with EPERM, too. False with errno. Needs
 * no_new_privs. */
bool seccomp_refuse(int call);

/* Installs what the rules compile to. False with errno; nothing is filtered
 * then. Needs no_new_privs. */
bool seccomp_allow(const struct seccomp_rule *, size_t count);

#endif
