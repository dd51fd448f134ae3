/*
 * Files that are watched (listener/watch.h): every way in which one can become
 * another one is seen, and nothing else.
 */
#include "listener/watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/check.h"

/* The clock of the file system is coarse. */
#define CLOCK_TICK 20000	/* microseconds */

static char path[64], link_path[64], other[64];

static void
put(const char *name, const char *content)
{
	FILE *file = fopen(name, "w");

	if (file == NULL || fputs(content, file) == EOF || fclose(file) != 0)
		abort();
}

/* So that a change of the same size shows. */
static void
age(const char *name)
{
	const struct timespec times[2] = { { 1000, 0 }, { 1000, 0 } };

	if (utimensat(AT_FDCWD, name, times, 0) == -1)
		abort();
}

static void
begin(void)
{
	unlink(path);
	unlink(link_path);
	unlink(other);
	put(path, "old");
	put(other, "another");
	age(path);
	age(other);
	if (symlink(path, link_path) == -1)
		abort();
	usleep(CLOCK_TICK);
}

static void
do_nothing(void)
{
}

static void
write_same_size(void)
{
	put(path, "new");
}

static void
append(void)
{
	put(path, "old and more");
}

static void
replace(void)
{
	if (rename(other, path) == -1)
		abort();
}

static void
take_away(void)
{
	if (unlink(path) == -1)
		abort();
}

static void
close_to_others(void)
{
	if (chmod(path, 0) == -1)
		abort();
}

static void
lead_elsewhere(void)
{
	if (unlink(link_path) == -1 || symlink(other, link_path) == -1)
		abort();
}

static void
make(void)
{
	put(other, "made");
}

/* Whether what `change` does to what is watched as `name` is seen. */
static void
check_change(const char *sentence, const char *name, void (*change)(void),
    bool seen)
{
	struct watch watch;
	const char *changed;

	check_begin(sentence);
	begin();
	watch_begin(&watch);
	watch_add(&watch, "/");
	watch_add(&watch, name);
	check_that(watch_changed(&watch) == NULL, "before");
	change();
	changed = watch_changed(&watch);
	check_that((changed != NULL) == seen, "it is %s",
	    changed == NULL ? "not seen" : changed);
	check_that(!seen || changed == name, "another one is told");
	check_end();
}

static void
check_missing(void)
{
	struct watch watch;

	check_begin("A file that is not there is seen once it is");
	begin();
	watch_begin(&watch);
	unlink(other);
	watch_add(&watch, NULL);
	watch_add(&watch, other);
	check_that(watch_changed(&watch) == NULL, "it is seen before");
	make();
	check_that(watch_changed(&watch) == other, "it is not seen");
	check_end();
}

/* As it is after it was opened and before it is watched. */
static void
check_open(void (*change)(void), bool seen, const char *sentence)
{
	struct watch watch;
	int fd;

	check_begin(sentence);
	begin();
	watch_begin(&watch);
	fd = open(path, O_RDONLY);
	usleep(CLOCK_TICK);
	change();
	watch_add_open(&watch, path, fd);
	check_that((watch_changed(&watch) != NULL) == seen, "it is %s",
	    seen ? "not seen" : "seen");
	close(fd);
	check_end();
}

static void
check_not_open(void)
{
	struct watch watch;

	check_begin("What could not be opened, or has no name, is no matter");
	begin();
	watch_begin(&watch);
	watch_add_open(&watch, path, -1);
	watch_add_open(&watch, NULL, -1);
	check_that(watch_changed(&watch) == NULL, "it is seen");
	append();
	check_that(watch_changed(&watch) == path, "it is not seen");
	check_end();
}

int
main(void)
{
	char directory[] = "/tmp/watch_test.XXXXXX";

	if (mkdtemp(directory) == NULL)
		abort();
	snprintf(path, sizeof(path), "%s/file", directory);
	snprintf(link_path, sizeof(link_path), "%s/link", directory);
	snprintf(other, sizeof(other), "%s/other", directory);
	check_change("A file that stays is no other", path, do_nothing, false);
	check_change("Other content of the same size is seen", path,
	    write_same_size, true);
	check_change("More content is seen", path, append, true);
	check_change("Another file under the name is seen", path, replace, true);
	check_change("A file that is gone is seen", path, take_away, true);
	check_change("Another mode is seen", path, close_to_others, true);
	check_change("A link that leads elsewhere is seen", link_path,
	    lead_elsewhere, true);
	check_change("Other content where a link leads is seen", link_path,
	    append, true);
	check_change("Another file where a link leads is seen", link_path,
	    replace, true);
	check_missing();
	check_open(do_nothing, false, "A file is watched as it was opened");
	check_open(replace, true,
	    "A file that was replaced since it was opened is seen");
	check_open(append, true,
	    "A file that was changed since it was opened is seen");
	check_not_open();
	begin();
	unlink(path);
	unlink(link_path);
	unlink(other);
	rmdir(directory);
	return check_status();
}
