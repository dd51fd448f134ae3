#include "auth/names.h"

#include <stdbool.h>
#include <string.h>

#include "auth/policy.h"
#include "base/strbuf.h"
#include "base/text.h"

#define NOBODY ":"

static bool
is_ours(const char *domain, size_t length, const struct option_list *domains)
{
	for (size_t i = 0; i < domains->count; i++)
		if (text_equal_nocase(domain, length, domains->at[i]))
			return true;
	return false;
}

/* How much of it is the name; 0 if it is of a domain that is not ours. */
static size_t
name_length(const char *sent, const struct option_list *domains)
{
	size_t length = strlen(sent);
	const char *at;

	while (length > 0 && (sent[length - 1] == ' ' ||
	    sent[length - 1] == '\t'))
		length--;
	at = domains->count == 0 ? NULL : memrchr(sent, '@', length);
	if (at == NULL)
		return length;
	return is_ours(at + 1, length - (size_t)(at + 1 - sent), domains)
	    ? (size_t)(at - sent) : 0;
}

static char
lower(char octet)
{
	return octet >= 'A' && octet <= 'Z' ? (char)(octet | 0x20) : octet;
}

void
auth_names_of(const char *sent, const struct option_list *domains,
    struct auth_names *names)
{
	struct strbuf given = strbuf_init(names->given, sizeof(names->given));
	size_t i;

	strbuf_add(&given, sent, name_length(sent, domains));
	if (given.truncated || !auth_is_name(names->given)) {
		given = strbuf_init(names->given, sizeof(names->given));
		strbuf_format(&given, NOBODY);
	}
	for (i = 0; names->given[i] != '\0'; i++)
		names->lower[i] = lower(names->given[i]);
	names->lower[i] = '\0';
}
