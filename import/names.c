#include "import/names.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "maildrop.h"

/* What stands around %u in an entry of the directory, and below it. */
struct shape {
	const char *template;
	char *directory;
	const char *before, *behind;
	size_t before_length, behind_length;
};

static bool
find_shape(struct shape *shape)
{
	const char *percent = strchr(shape->template, '%');

	if (percent == NULL || percent[1] != 'u' ||
	    strchr(percent + 1, '%') != NULL) {
		log_note(LOG_ERR, "--all wants a --maildrop with one %%u and "
		    "nothing else of that kind: name the users");
		return false;
	}
	shape->directory = maildrop_template_directory(shape->template);
	if (shape->directory == NULL)
		return false;
	shape->before = percent;
	while (shape->before[-1] != '/')
		shape->before--;
	shape->before_length = (size_t)(percent - shape->before);
	shape->behind = percent + 2;
	shape->behind_length = strcspn(shape->behind, "/");
	return true;
}

/* The name of an entry, which the caller frees; NULL if it has none. */
static char *
name_of(const struct shape *shape, const char *entry)
{
	size_t length = strlen(entry);
	size_t around = shape->before_length + shape->behind_length;

	if (length <= around || memcmp(entry, shape->before,
	    shape->before_length) != 0 || memcmp(entry + length -
	    shape->behind_length, shape->behind, shape->behind_length) != 0)
		return NULL;
	return strndup(entry + shape->before_length, length - around);
}

static bool
has_mailbox(const struct shape *shape, const char *name)
{
	char *path = maildrop_path(shape->template, name, "");
	struct stat status;
	bool has = path != NULL && lstat(path, &status) == 0 &&
	    S_ISREG(status.st_mode);

	free(path);
	return has;
}

bool
import_each_name(const char *template,
    void (*each)(void *context, const char *name), void *context)
{
	struct shape shape = { .template = template };
	struct dirent **entries = NULL;
	int count;

	if (!find_shape(&shape))
		return false;
	count = scandir(shape.directory, &entries, NULL, alphasort);
	if (count == -1)
		log_note(LOG_ERR, "cannot read %s: %s", shape.directory,
		    strerror(errno));
	for (int i = 0; i < count; i++) {
		char *name = name_of(&shape, entries[i]->d_name);

		if (name != NULL && has_mailbox(&shape, name))
			each(context, name);
		free(name);
		free(entries[i]);
	}
	free(entries);
	free(shape.directory);
	return count != -1;
}
