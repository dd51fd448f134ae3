/* The state directory and the spool directory. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "check/question.h"
#include "maildrop.h"

/* A redo log and its plan, of an update of any size that people have. */
#define ROOM_MIN ((uint64_t)64 << 20)

static bool
may_write(const char *path)
{
	return faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0;
}

/* A full disk stops updates, and deliveries. */
static void
check_room(struct check *c, const char *path)
{
	struct statvfs status;
	uint64_t room;

	if (statvfs(path, &status) == -1)
		return;
	room = (uint64_t)status.f_bavail * status.f_frsize;
	if (room < ROOM_MIN)
		report_line(&c->report, room == 0 ? REPORT_FAIL : REPORT_WARN,
		    "make room there", "the disk of %s has %" PRIu64 " KiB "
		    "left", path, room >> 10);
	if (status.f_files > 0 && status.f_favail == 0)
		report_line(&c->report, REPORT_FAIL, "remove files there",
		    "the disk of %s has room for no more files", path);
}

/* One that is not there is made, where that can be. */
static void
report_missing_state(struct check *c, const char *path)
{
	char *above = strdup(path), *slash;

	while (above != NULL && (slash = strrchr(above, '/')) > above) {
		*slash = '\0';
		if (access(above, F_OK) == 0)
			break;
	}
	if (above != NULL && may_write(above))
		report_line(&c->report, REPORT_OK, NULL,
		    "%s is not there yet: the first login makes it", path);
	else
		report_line(&c->report, REPORT_FAIL, "make it: install -d -m "
		    "700 -o USER DIRECTORY, with that user",
		    "%s is not there, and uid %lu cannot make it", path,
		    (unsigned long)geteuid());
	free(above);
}

/* As control_open wants it. */
void
check_state(struct check *c)
{
	const char *path = c->settings->state;
	struct stat status;

	if (stat(path, &status) == -1 && errno == ENOENT)
		report_missing_state(c, path);
	else if (stat(path, &status) == -1)
		report_line(&c->report, REPORT_FAIL, "look at the modes of the "
		    "directories above it", "%s: %s", path, strerror(errno));
	else if (!S_ISDIR(status.st_mode))
		report_line(&c->report, REPORT_FAIL, "name another: --state",
		    "%s is no directory", path);
	else if (status.st_uid != geteuid() || (status.st_mode & 077) != 0)
		report_line(&c->report, REPORT_FAIL, "chown it to that uid, "
		    "and chmod 700 it", "state directory %s must belong to uid "
		    "%lu and be of mode 700; it belongs to uid %lu, mode %03o",
		    path, (unsigned long)geteuid(),
		    (unsigned long)status.st_uid,
		    (unsigned)status.st_mode & 0777);
	else if (!may_write(path))
		report_line(&c->report, REPORT_FAIL, "mount it for writing",
		    "nothing can be written to %s: %s", path, strerror(errno));
	else
		report_line(&c->report, REPORT_OK, NULL, "%s", path);
	check_room(c, path);
}

static void
report_spool(struct check *c, const char *path, const struct stat *status)
{
	const struct group *group = getgrgid(status->st_gid);
	const char *name = group != NULL ? group->gr_name : "?";
	unsigned mode = status->st_mode & 07777;

	if ((mode & S_IWOTH) != 0 && (mode & S_ISVTX) == 0)
		report_line(&c->report, REPORT_WARN, "chmod 2775 or 1777 it",
		    "everybody may remove mailboxes in %s: mode %04o", path,
		    mode);
	if (may_write(path))
		report_line(&c->report, REPORT_OK, NULL, "%s, of uid %lu and "
		    "group %s, mode %04o; dotlocks can be made", path,
		    (unsigned long)status->st_uid, name, mode);
	else if (errno == EROFS)
		report_line(&c->report, REPORT_FAIL, "mount it for writing",
		    "%s is mounted for reading only", path);
	else
		report_line(&c->report, REPORT_WARN, "make the service user a "
		    "member of that group, which may write there (chmod g+w)",
		    "no dotlock can be made in %s, of group %s, mode %04o: "
		    "programs that lock in no other way are not kept out",
		    path, name, mode);
}

void
check_spool(struct check *c)
{
	char *path = maildrop_template_directory(c->settings->maildrop);
	struct stat status;

	if (path == NULL || strcmp(path, "/") == 0)
		report_line(&c->report, REPORT_OK, NULL, "%s: mailboxes are in "
		    "no directory of their own", c->settings->maildrop);
	else if (stat(path, &status) == -1)
		report_line(&c->report, REPORT_FAIL, "name the place of the "
		    "mailboxes: --maildrop", "%s: %s", path, strerror(errno));
	else {
		report_spool(c, path, &status);
		check_room(c, path);
	}
	free(path);
}
