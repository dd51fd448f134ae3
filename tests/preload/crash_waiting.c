/* Preloaded into a listener: its children crash as soon as they wait for a
 * connection. */
#include <stdlib.h>
#include <sys/socket.h>

ssize_t
recvmsg(int fd, struct msghdr *message, int flags)
{
	(void)fd;
	(void)message;
	(void)flags;
	abort();
}
