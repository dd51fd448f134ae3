#include "listener/process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static bool
is_same_socket(int a, int b)
{
	struct stat one, other;

	return fstat(a, &one) == 0 && fstat(b, &other) == 0 &&
	    one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool
process_take_socket(int *socket)
{
	int fd = fcntl(*socket, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int flags = fcntl(fd, F_GETFL);

	if (fd == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return false;
	close(*socket);
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (is_same_socket(fd, i))
			close(i);
	*socket = fd;
	return true;
}

bool
process_part(void)
{
	int null;
	bool done;

	log_as_child();
	if (log_goes_to() == LOG_TO_STDERR)
		return true;
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	done = null != -1 && dup2(null, STDERR_FILENO) != -1;
	if (null != -1)
		close(null);
	return done;
}

void
process_find_program(struct process_program *program, char *const *argv)
{
	ssize_t length = readlink("/proc/self/exe", program->path,
	    sizeof(program->path) - 1);

	program->path[length > 0 ? length : 0] = '\0';
	program->argv = argv;
}
