#include "check/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

/* proc_pid_comm(5) */
#define NAME_SIZE 64

void
process_describe(pid_t pid, struct strbuf *text)
{
	char path[64], name[NAME_SIZE] = "";
	int fd;
	ssize_t length = 0;

	snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1) {
		length = fd_read_at(fd, name, sizeof(name) - 1, 0);
		close(fd);
	}
	name[length > 0 ? length - 1 : 0] = '\0';
	strbuf_format(text, "%s (process %ld)", name[0] != '\0' ? name
	    : "somebody", (long)pid);
}

/* A descriptor of a process is a link that stat(2) follows. */
static bool
is_held(int directory, const char *name, const dev_t *device, ino_t inode)
{
	struct stat status;

	return fstatat(directory, name, &status, 0) == 0 &&
	    status.st_ino == inode && (device != NULL
	    ? status.st_dev == *device : S_ISSOCK(status.st_mode));
}

static bool
holds(pid_t pid, const dev_t *device, ino_t inode)
{
	const struct dirent *entry;
	char path[64];
	DIR *entries;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	entries = opendir(path);
	if (entries == NULL)
		return false;
	while (!found && (entry = readdir(entries)) != NULL)
		found = is_held(dirfd(entries), entry->d_name, device, inode);
	closedir(entries);
	return found;
}

bool
process_describe_holders(const dev_t *device, ino_t inode, struct strbuf *text)
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;
	bool found = false;
	uint64_t pid;

	if (processes == NULL)
		return false;
	while ((entry = readdir(processes)) != NULL) {
		if (!text_number(entry->d_name, strlen(entry->d_name),
		    INT32_MAX, &pid) || !holds((pid_t)pid, device, inode))
			continue;
		strbuf_format(text, "%s", found ? ", " : "");
		process_describe((pid_t)pid, text);
		found = true;
	}
	closedir(processes);
	return found;
}
