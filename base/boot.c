#include "base/boot.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

#define ID_FILE "/proc/sys/kernel/random/boot_id"

/* A directory of the kernel's own, with the time at which it was mounted: at
 * boot, unless it is a container's or a service's own. */
#define KERNEL_DIRECTORY "/sys"

/* The longest that a machine takes from the start of the kernel to that. */
#define MOUNT_SECONDS 30

static char known[BOOT_ID_SIZE];	/* the id, once it was read */

/* The id as the kernel writes it, with dashes; false if it cannot be had. */
static bool
read_id(char *at, size_t size)
{
	int fd = open(ID_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd == -1)
		return false;
	length = fd_read_at(fd, at, size - 1, 0);
	close(fd);
	at[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* Takes the digits out of `from`; false if they are not 32. */
static bool
take_digits(const char *from, char id[BOOT_ID_SIZE])
{
	size_t count = 0;
	uint64_t digit;

	for (; *from != '\0' && *from != '\n'; from++) {
		if (*from == '-')
			continue;
		if (count == BOOT_ID_SIZE - 1 ||
		    !text_hexadecimal(from, 1, &digit))
			return false;
		id[count++] = *from;
	}
	id[count] = '\0';
	return count == BOOT_ID_SIZE - 1;
}

static bool
find_id(char id[BOOT_ID_SIZE])
{
	const char *told = getenv("BOOT_ID");
	char read[64];

	return (read_id(read, sizeof(read)) && take_digits(read, id)) ||
	    (told != NULL && take_digits(told, id));
}

bool
boot_id(char id[BOOT_ID_SIZE])
{
	if (known[0] == '\0' && !find_id(known))
		known[0] = '\0';
	memcpy(id, known, sizeof(known));
	return id[0] != '\0';
}

static bool
is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	    (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

bool
boot_is_after(const struct timespec *time)
{
	struct timespec now, up;
	struct stat then;

	if (clock_gettime(CLOCK_REALTIME, &now) == -1 ||
	    clock_gettime(CLOCK_BOOTTIME, &up) == -1 ||
	    stat(KERNEL_DIRECTORY, &then) == -1)
		return false;
	now.tv_sec -= up.tv_sec + (now.tv_nsec < up.tv_nsec);
	now.tv_nsec += (now.tv_nsec < up.tv_nsec ? 1000000000 : 0) -
	    up.tv_nsec;
	/* one that is mounted later says nothing of the boot */
	if (then.st_mtim.tv_sec - now.tv_sec > MOUNT_SECONDS)
		return false;
	return is_before(time, &now) && is_before(time, &then.st_mtim);
}
