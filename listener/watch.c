#include "listener/watch.h"

#include <assert.h>
#include <sys/stat.h>

static struct watched
watched_of(const char *path, const struct stat *status)
{
	return (struct watched){
		.path = path,
		.is_there = true,
		.device = status->st_dev,
		.inode = status->st_ino,
		.size = (uint64_t)status->st_size,
		.modified = status->st_mtim,
		.changed = status->st_ctim,
	};
}

static struct watched
look(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 || lstat(path, &status) == 0
	    ? watched_of(path, &status) : (struct watched){ .path = path };
}

static bool
is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	    (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

static bool
equal_times(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
equal(const struct watched *a, const struct watched *b)
{
	return a->is_there == b->is_there && a->device == b->device &&
	    a->inode == b->inode && a->size == b->size &&
	    equal_times(&a->modified, &b->modified) &&
	    equal_times(&a->changed, &b->changed);
}

/* Files get their times from a coarser clock, which is behind: what was changed
 * before is never taken for new. */
void
watch_begin(struct watch *w)
{
	*w = (struct watch){ 0 };
	clock_gettime(CLOCK_REALTIME, &w->began);
}

/* A time that is still to come tells nothing: the clock was set. */
static void
add(struct watch *w, struct watched file)
{
	struct timespec now = { 0 };

	assert(w->count < WATCH_MAX);
	clock_gettime(CLOCK_REALTIME, &now);
	file.was_changed = !is_before(&file.changed, &w->began) &&
	    !is_before(&now, &file.changed);
	w->files[w->count++] = file;
}

void
watch_add(struct watch *w, const char *path)
{
	if (path != NULL)
		add(w, look(path));
}

/* What cannot be seen by its name (any more: it was opened by root) would
 * always look changed. */
void
watch_add_open(struct watch *w, const char *path, int fd)
{
	struct stat status;

	if (fd != -1 && stat(path, &status) == 0 && fstat(fd, &status) == 0)
		add(w, watched_of(path, &status));
	else
		watch_add(w, path);
}

const char *
watch_changed(const struct watch *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct watched found = look(w->files[i].path);

		if (w->files[i].was_changed || !equal(&found, &w->files[i]))
			return found.path;
	}
	return NULL;
}
