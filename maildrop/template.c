#include "maildrop/template.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"

bool
maildrop_template_is_good(const char *template)
{
	if (template[0] != '/' && strncmp(template, "%h/", 3) != 0)
		return false;
	for (; (template = strchr(template, '%')) != NULL; template += 2)
		if (template[1] == '\0' || strchr("uh%", template[1]) == NULL)
			return false;
	return true;
}

char *
maildrop_template_directory(const char *template)
{
	size_t length = strcspn(template, "%");

	while (length > 1 && template[length - 1] != '/')
		length--;
	return length <= 1 ? strdup("/") : strndup(template, length);
}

/* What the octet after '%' stands for. */
static const char *
meaning(char octet, const char *name, const char *home)
{
	switch (octet) {
	case 'u':
		return name;
	case 'h':
		return home;
	default:
		return "%";
	}
}

char *
maildrop_path(const char *template, const char *name, const char *home)
{
	/* each octet becomes at most a name or a home */
	size_t size = strlen(template) * (strlen(name) + strlen(home) + 1) + 1;
	char *path = malloc(size);
	struct strbuf text;

	if (path == NULL)
		return NULL;
	text = strbuf_init(path, size);
	while (*template != '\0') {
		size_t plain = strcspn(template, "%");

		strbuf_add(&text, template, plain);
		template += plain;
		if (*template == '%') {
			const char *value = meaning(template[1], name, home);
			strbuf_add(&text, value, strlen(value));
			template += 2;
		}
	}
	return path;
}

gid_t
maildrop_spool_group(const char *path)
{
	char *directory = strdup(path);
	struct stat status;
	gid_t group = (gid_t)-1;

	if (directory == NULL)
		return group;
	*strrchr(directory, '/') = '\0';
	if (stat(directory, &status) == 0 && (status.st_mode & S_IWGRP) != 0)
		group = status.st_gid;
	free(directory);
	return group;
}
