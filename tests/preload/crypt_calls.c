/* Preloaded into the handler: tells on standard error each time a password is
 * hashed, "crypt: " and the setting up to its second '$', or the third where
 * the second part is the cost. */
#define _GNU_SOURCE
#include <crypt.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
kind_length(const char *setting)
{
	const char *end = strchr(setting + 1, '$');

	if (end != NULL && (setting[1] == 'y' || setting[1] == '2' ||
	    strncmp(end, "$rounds=", 8) == 0))
		end = strchr(end + 1, '$');
	return setting[0] != '$' || end == NULL ? 0 : (int)(end - setting) + 1;
}

char *
crypt_rn(const char *phrase, const char *setting, void *data, int size)
{
	char *(*call)(const char *, const char *, void *, int);
	void *found = dlsym(RTLD_NEXT, "crypt_rn");

	dprintf(STDERR_FILENO, "crypt: %.*s\n", kind_length(setting), setting);
	memcpy(&call, &found, sizeof(call));
	return call(phrase, setting, data, size);
}
