#include "session/sasl.h"

#include <string.h>

#include "base/base64.h"

/* Takes a part off the front, up to its NUL; NULL if it is too long. */
static const char *
take_part(const char **at, const char *end)
{
	const char *part = *at, *nul = memchr(part, '\0', (size_t)(end - part));

	if (nul == NULL || nul - part > SASL_PART_MAX)
		return NULL;
	*at = nul + 1;
	return part;
}

bool
sasl_plain_take(struct sasl_plain *plain, const char *text, size_t length)
{
	const char *at = plain->octets, *end, *authority;
	size_t octets;

	if (!base64_decode(text, length, plain->octets, SASL_MESSAGE_MAX,
	    &octets))
		return false;
	plain->octets[octets] = '\0';
	end = at + octets + 1;
	authority = take_part(&at, end);
	plain->name = authority == NULL ? NULL : take_part(&at, end);
	plain->password = plain->name == NULL ? NULL : take_part(&at, end);
	/* an empty password is a wrong one */
	if (plain->password == NULL || at != end || plain->name[0] == '\0')
		return false;
	plain->is_self = authority[0] == '\0' ||
	    strcmp(authority, plain->name) == 0;
	return true;
}
