#include "base/boot.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

#define ID_FILE "/proc/sys/kernel/random/boot_id"

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

bool
boot_id(char id[BOOT_ID_SIZE])
{
	const char *told = getenv("BOOT_ID");
	char read[64];

	if ((read_id(read, sizeof(read)) && take_digits(read, id)) ||
	    (told != NULL && take_digits(told, id)))
		return true;
	id[0] = '\0';
	return false;
}
