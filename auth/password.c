#include "auth/password.h"

#include <crypt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "auth/login_defs.h"
#include "base/count.h"
#include "base/min.h"
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

/* What crypt(3) can be given of a field that shall hold a hash: what stands
 * behind "{SHA512-CRYPT}" and the like, and behind '!'. */
static const char *
setting_of(const char *field)
{
	static const char *const methods[] = { "{CRYPT}", "{MD5-CRYPT}",
	    "{SHA256-CRYPT}", "{SHA512-CRYPT}", "{BLF-CRYPT}", "{DES-CRYPT}" };

	field += strspn(field, "!");
	for (size_t i = 0; i < COUNT(methods); i++)
		if (text_equal_nocase(field, min_size(strlen(field),
		    strlen(methods[i])), methods[i]))
			return field + strlen(methods[i]);
	return field;
}

/* Weak methods are usable: what is in the file is the operator's choice. */
static bool
is_usable(const char *hash)
{
	int verdict = hash[0] == '*' ? CRYPT_SALT_INVALID
	    : crypt_checksalt(hash);

	return verdict != CRYPT_SALT_INVALID &&
	    verdict != CRYPT_SALT_METHOD_DISABLED;
}

/* What crypt makes of the password with this setting is that hash. Its memory
 * is more than a session has else, and is given back. */
static bool
makes(const char *password, const char *setting)
{
	struct crypt_data *data = mmap(NULL, sizeof(*data),
	    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
	    -1, 0);
	const char *made;
	bool is_hash;

	if (data == MAP_FAILED)
		return false;
	made = crypt_rn(password, setting, data, (int)sizeof(*data));
	is_hash = made != NULL && equal(made, setting);
	text_wipe(data, sizeof(*data));
	munmap(data, sizeof(*data));
	return is_hash;
}

bool
password_matches(const char *password, const char *hash)
{
	hash = setting_of(hash);
	return is_usable(hash) && makes(password, hash);
}

bool
password_is_locked(const char *hash)
{
	return hash[0] == '!';
}

bool
password_is_usable(const char *hash)
{
	return is_usable(setting_of(hash));
}

bool
password_is_unusable(const char *hash)
{
	hash = setting_of(hash);
	return hash[0] != '\0' && hash[0] != '*' && !is_usable(hash);
}

/* --- kinds -------------------------------------------------------------- */

/* How much of it is up to the next '$', with that. */
static size_t
part_length(const char *hash)
{
	size_t length = strcspn(hash, "$");

	return length + (hash[length] == '$');
}

struct kind {
	size_t method;		/* so much of the hash says the method */
	uint64_t cost;
};

#define SHA_ROUNDS 5000		/* where a hash says nothing (crypt(5)) */
#define ROUNDS_MAX UINT32_MAX

static uint64_t
number_at(const char *digits, uint64_t otherwise)
{
	uint64_t number = otherwise;

	text_number(digits, strspn(digits, "0123456789"), ROUNDS_MAX, &number);
	return number;
}

/* DES of BSDi: four digits to the base 64, the lowest first. */
static struct kind
des_kind(const char *hash)
{
	static const char digits[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz";
	struct kind kind = { .method = 1 };

	for (size_t i = 1, shift = 0; i <= 4 && hash[i] != '\0' &&
	    strchr(digits, hash[i]) != NULL; i++, shift += 6)
		kind.cost |= (uint64_t)(strchr(digits, hash[i]) - digits) <<
		    shift;
	return kind;
}

static bool
begins_with(const char *hash, const char *prefix)
{
	return strncmp(hash, prefix, strlen(prefix)) == 0;
}

/* Method and cost (crypt(5)). The parameters of yescrypt and scrypt are powers
 * of two, and count as part of the method; plain DES has neither. */
static struct kind
kind_of(const char *hash)
{
	struct kind kind = { 0 };
	const char *rest;

	if (hash[0] == '_')
		return des_kind(hash);
	if (hash[0] != '$')
		return kind;
	kind.method = 1 + part_length(hash + 1);
	rest = hash + kind.method;
	if (begins_with(hash, "$7$"))
		kind.method = strnlen(hash, 3 + 11);
	else if (begins_with(hash, "$y$") || begins_with(hash, "$gy$"))
		kind.method += part_length(rest);
	else if (begins_with(hash, "$2"))
		kind.cost = UINT64_C(1) << (number_at(rest, 0) % 64);
	else if (begins_with(hash, "$sha1$"))
		kind.cost = number_at(rest, 0);
	else if (begins_with(hash, "$md5,rounds=")) {
		kind.method = strlen("$md5");
		kind.cost = number_at(hash + strlen("$md5,rounds="), 0);
	} else if (begins_with(rest, "rounds="))
		kind.cost = number_at(rest + strlen("rounds="), 0);
	else if (begins_with(hash, "$5$") || begins_with(hash, "$6$"))
		kind.cost = SHA_ROUNDS;
	return kind;
}

/* The exponent of the greatest power of two that it reaches. */
static unsigned
magnitude(uint64_t cost)
{
	unsigned exponent = 0;

	while ((cost >>= 1) != 0)
		exponent++;
	return exponent;
}

static bool
is_same_kind(const struct password_kinds *kinds, const char *a, const char *b)
{
	struct kind one = kind_of(a), other = kind_of(b);

	return one.method == other.method && memcmp(a, b, one.method) == 0 &&
	    (one.cost == other.cost || (kinds->by_magnitude &&
	    magnitude(one.cost) == magnitude(other.cost)));
}

/* Which it is of them; their count if it is none. */
static size_t
find_kind(const struct password_kinds *kinds, const char *hash)
{
	size_t i = 0;

	while (i < kinds->count && !is_same_kind(kinds, kinds->hashes[i], hash))
		i++;
	return i;
}

/* Adds the hash if it is of a kind that is not there yet. It may be one of
 * those that come later. */
static void
add_kind(struct password_kinds *kinds, const char *hash)
{
	if (kinds->count < PASSWORD_KINDS_MAX &&
	    find_kind(kinds, hash) == kinds->count && is_usable(hash))
		memmove(kinds->hashes[kinds->count++], hash, strlen(hash) + 1);
}

/* There are too many costs. */
static void
merge_by_magnitude(struct password_kinds *kinds)
{
	size_t count = kinds->count;

	kinds->by_magnitude = true;
	kinds->count = 0;
	for (size_t i = 0; i < count; i++)
		add_kind(kinds, kinds->hashes[i]);
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
	if (!text.truncated)
		add_kind(kinds, setting_of(hash));
	if (kinds->count > PASSWORD_COSTS_MAX && !kinds->by_magnitude)
		merge_by_magnitude(kinds);
	text_wipe(hash, sizeof(hash));
}

void
password_kinds_add(struct password_kinds *kinds, const char *lines)
{
	while (*lines != '\0') {
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

	hash = setting_of(hash);
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
