/* Preloaded into the handler: while there is a file $SHORT_WHILE, the call
 * $SHORT_OF (accept4, fork or socketpair) fails for want of descriptors or
 * processes; "denied" is accept4, which the system's policy refuses. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static bool
fails(const char *call, int error)
{
	const char *file = getenv("SHORT_WHILE"), *of = getenv("SHORT_OF");
	bool found = file != NULL && of != NULL && strcmp(of, call) == 0 &&
	    access(file, F_OK) == 0;

	errno = error;
	return found;
}

int
accept4(int fd, __SOCKADDR_ARG address, socklen_t *length, int flags)
{
	return fails("accept4", EMFILE) || fails("denied", EACCES) ? -1
	    : REAL(accept4)(fd, address, length, flags);
}

int
socketpair(int domain, int type, int protocol, int ends[2])
{
	return fails("socketpair", EMFILE) ? -1
	    : REAL(socketpair)(domain, type, protocol, ends);
}

pid_t
fork(void)
{
	return fails("fork", EAGAIN) ? -1 : REAL(fork)();
}
