#include "auth/password.h"

#include <crypt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/login_defs.h"
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

bool
password_matches(const char *password, const char *hash, const char *decoy)
{
	bool usable = is_usable(hash), matches = false;
	struct crypt_data *data = calloc(1, sizeof(*data));
	const char *made;

	if (data == NULL)
		return false;
	made = crypt_rn(password, usable ? hash : decoy, data,
	    (int)sizeof(*data));
	if (made != NULL)
		matches = equal(made, hash) && usable;
	text_wipe(data, sizeof(*data));
	free(data);
	return matches;
}

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
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (text_is(name, strlen(name), methods[i].name))
			return &methods[i];
	return NULL;
}

bool
password_decoy(char decoy[PASSWORD_HASH_SIZE])
{
	const struct method *method = configured_method();
	const char *prefix = method == NULL ? NULL : method->prefix;
	uint64_t cost = 0;

	if (method != NULL && method->cost != NULL)
		cost = login_defs_number(method->cost, 0);
	/* A cost that crypt does not know is no reason to fail. */
	return crypt_gensalt_rn(prefix, (unsigned long)cost, NULL, 0, decoy,
	    PASSWORD_HASH_SIZE) != NULL ||
	    crypt_gensalt_rn(NULL, 0, NULL, 0, decoy,
	    PASSWORD_HASH_SIZE) != NULL;
}
