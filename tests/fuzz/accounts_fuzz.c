/*
 * The accounts file against a naive reading of it.
 *
 * A line with the name that is looked up, then the file.
 */
#include "auth/file.c"

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/quiet_log.h"

/* The longest line that is looked at (auth/file.c). */
#define LINE_LENGTH_MAX (AUTH_NAME_SIZE + PASSWORD_HASH_SIZE + \
	4 * AUTH_HOME_SIZE - 1)

/* An id that the kernel can have; UINT64_MAX for anything else. */
static uint64_t
id_of(const char *field)
{
	const char *digits = field + strspn(field, "0");
	uint64_t id;

	if (field[0] == '\0' || strspn(digits, "0123456789") !=
	    strlen(digits) || strlen(digits) > 10)
		return UINT64_MAX;
	id = strtoull(digits, NULL, 10);
	return id < UINT32_MAX ? id : UINT64_MAX;
}

/* Whether the line, which is cut up, is a good one for `name`. */
static bool
is_account(char *line, const char *name, char *fields[FIELDS])
{
	size_t count = 0;
	char *field;

	if (strlen(line) > LINE_LENGTH_MAX)
		return false;
	while ((field = strsep(&line, ":")) != NULL)
		if (count++ < FIELDS)
			fields[count - 1] = field;
	return count >= FIELDS && strcmp(fields[0], name) == 0 &&
	    id_of(fields[2]) != UINT64_MAX && id_of(fields[3]) != UINT64_MAX;
}

static void
compare(enum auth_lookup lookup, const struct auth_entry *entry,
    char *const *fields)
{
	bool fits = fields != NULL && strlen(fields[0]) < AUTH_NAME_SIZE &&
	    strlen(fields[1]) < PASSWORD_HASH_SIZE &&
	    strlen(fields[5]) < AUTH_HOME_SIZE;

	fuzz_require(lookup == (fields == NULL ? AUTH_UNKNOWN : AUTH_FOUND),
	    "found or not");
	if (fields == NULL)
		return;
	fuzz_require(entry->account.uid == id_of(fields[2]) &&
	    entry->account.gid == id_of(fields[3]), "another id");
	fuzz_require(strcmp(entry->hash, fits ? fields[1] : "") == 0,
	    "another hash");
	fuzz_require(!fits || (strcmp(entry->account.name, fields[0]) == 0 &&
	    strcmp(entry->account.home, fields[5]) == 0), "another account");
}

static void
look_up(const void *source, const char *name, char *contents)
{
	struct auth_entry entry = { 0 };
	enum auth_lookup lookup = file_lookup(source, name, &entry);
	char *fields[FIELDS], *line;
	bool found = false;

	while (!found && (line = strsep(&contents, "\n")) != NULL)
		found = line[0] != '\0' && is_account(line, name, fields);
	compare(lookup, &entry, found ? fields : NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	struct fuzz_input input = fuzz_input(octets, length);
	char *name = fuzz_string(fuzz_until(&input, '\n'));
	char *contents = fuzz_string(input), path[64];
	int fd = fuzz_file(input.at, input.length);
	void *source = NULL;
	bool is_open;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	is_open = file_open(path, -1, &source);
	fuzz_require(is_open == (strlen(contents) == input.length),
	    "a file with a NUL, and no other, is refused");
	if (is_open)
		look_up(source, name, contents);
	file_close(source);
	close(fd);
	free(name);
	free(contents);
	return 0;
}
