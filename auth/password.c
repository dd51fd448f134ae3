#include "auth/password.h"

#include <crypt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/login_defs.h"
#include "base/count.h"
#include "base/strbuf.h"
#include "base/text.h"

/* Equal strings, in time that depends on the length alone. */
static bool
equal(const char *a, const char *b)
{
	size_t length = strlen(a);
	unsigned difference = 0;

	if (strlen(b) != length)
		return false;
	for (size_t i = 0; i < length; i++)
		difference |= (unsigned)(a[i] ^ b[i]);
	return difference == 0;
}

/* Weak methods are usable: what is in the file is the operator's choice. */
static bool
is_usable(const char *hash)
{
	int verdict = hash[0] == '!' || hash[0] == '*' ? CRYPT_SALT_INVALID
	    : crypt_checksalt(hash);

	return verdict != CRYPT_SALT_INVALID &&
	    verdict != CRYPT_SALT_METHOD_DISABLED;
}

/* What crypt makes of the password with this setting is that hash. */
static bool
makes(const char *password, const char *setting)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	const char *made;
	bool is_hash;

	if (data == NULL)
		return false;
	made = crypt_rn(password, setting, data, (int)sizeof(*data));
	is_hash = made != NULL && equal(made, setting);
	text_wipe(data, sizeof(*data));
	free(data);
	return is_hash;
}

bool
password_matches(const char *password, const char *hash)
{
	return is_usable(hash) && makes(password, hash);
}

/* --- kinds -------------------------------------------------------------- */

/* How much of it is up to the next '$', with that. */
static size_t
part_length(const char *hash)
{
	size_t length = strcspn(hash, "$");

	return length + (hash[length] == '$');
}

/* The part of a hash that says its method and cost (crypt(5)); DES has none. */
static size_t
kind_length(const char *hash)
{
	static const char *const with_cost[] = {
		"$y$", "$gy$", "$2a$", "$2b$", "$2x$", "$2y$",
	};
	size_t length;

	if (hash[0] == '_')
		return strnlen(hash, 5);
	if (hash[0] != '$')
		return 0;
	length = 1 + part_length(hash + 1);
	if (strncmp(hash, "$7$", 3) == 0)
		return strnlen(hash, 3 + 11);
	if (strncmp(hash + length, "rounds=", 7) == 0)
		return length + part_length(hash + length);
	for (size_t i = 0; i < COUNT(with_cost); i++)
		if (strncmp(hash, with_cost[i], strlen(with_cost[i])) == 0)
			return length + part_length(hash + length);
	return length;
}

/* Which it is of them; their count if it is none. */
static size_t
find_kind(const struct password_kinds *kinds, const char *hash)
{
	size_t length = kind_length(hash), i = 0;

	while (i < kinds->count && (kind_length(kinds->hashes[i]) != length ||
	    memcmp(kinds->hashes[i], hash, length) != 0))
		i++;
	return i;
}

/* Adds the second field of a line. */
static void
add_line(struct password_kinds *kinds, const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length);
	char hash[PASSWORD_HASH_SIZE];
	struct strbuf text = strbuf_init(hash, sizeof(hash));
	size_t left;

	if (colon == NULL)
		return;
	left = length - (size_t)(colon + 1 - line);
	line = colon + 1;
	colon = memchr(line, ':', left);
	strbuf_add(&text, line, colon != NULL ? (size_t)(colon - line) : left);
	if (!text.truncated && find_kind(kinds, hash) == kinds->count &&
	    is_usable(hash))
		memcpy(kinds->hashes[kinds->count++], hash, sizeof(hash));
	text_wipe(hash, sizeof(hash));
}

void
password_kinds_add(struct password_kinds *kinds, const char *lines)
{
	while (*lines != '\0' && kinds->count < PASSWORD_KINDS_MAX) {
		size_t length = strcspn(lines, "\n");

		add_line(kinds, lines, length);
		lines += length + (lines[length] == '\n');
	}
}

void
password_spend(const char *password, const char *hash,
    const struct password_kinds *kinds)
{
	size_t done = kinds->count;

	if (is_usable(hash)) {
		done = find_kind(kinds, hash);
		if (done == kinds->count)
			done--;
	}
	for (size_t i = 0; i < kinds->count; i++)
		if (i != done)
			makes(password, kinds->hashes[i]);
}

/* --- the kind of new passwords ----------------------------------------- */

/* login.defs' names of methods, crypt's prefixes, and the key of the cost. */
static const struct method {
	const char *name, *prefix, *cost;
} methods[] = {
	{ "YESCRYPT", "$y$", "YESCRYPT_COST_FACTOR" },
	{ "SHA512", "$6$", "SHA_CRYPT_MAX_ROUNDS" },
	{ "SHA256", "$5$", "SHA_CRYPT_MAX_ROUNDS" },
	{ "BCRYPT", "$2b$", "BCRYPT_MAX_ROUNDS" },
	{ "MD5", "$1$", NULL },
	{ "DES", "", NULL },
};

static const struct method *
configured_method(void)
{
	char name[32];

	if (!login_defs_word("ENCRYPT_METHOD", name, sizeof(name)))
		return NULL;
	for (size_t i = 0; i < COUNT(methods); i++)
		if (text_equal_nocase(name, strlen(name), methods[i].name))
			return &methods[i];
	return NULL;
}

bool
password_kinds_add_default(struct password_kinds *kinds)
{
	const struct method *method = configured_method();
	const char *prefix = method == NULL ? NULL : method->prefix;
	char *setting = kinds->hashes[kinds->count];
	uint64_t cost = 0;

	if (method != NULL && method->cost != NULL)
		cost = login_defs_number(method->cost, 0);
	/* A cost that crypt does not know is no reason to fail. */
	if (crypt_gensalt_rn(prefix, (unsigned long)cost, NULL, 0, setting,
	    PASSWORD_HASH_SIZE) == NULL &&
	    crypt_gensalt_rn(NULL, 0, NULL, 0, setting,
	    PASSWORD_HASH_SIZE) == NULL)
		return false;
	kinds->count++;
	return true;
}
