/* The names by which an account is looked up. */
#include "auth/names.h"

#include <string.h>

#include "tests/unit/check.h"

static const struct option_list none = { 0 };
static const struct option_list two = {
	.count = 2, .at = { "example.org", "Example.NET" }
};

static bool
is(const char *sent, const struct option_list *domains, const char *given,
    const char *lower)
{
	struct auth_names names;

	auth_names_of(sent, domains, &names);
	return strcmp(names.given, given) == 0 &&
	    strcmp(names.lower, lower) == 0;
}

static void
check_domains(void)
{
	check(is("mrose@example.org", &two, "mrose", "mrose") &&
	    is("Mrose@EXAMPLE.net", &two, "Mrose", "mrose"),
	    "A listed domain is cut off, in whatever case");
	check(is("mrose@example.com", &two, ":", ":") &&
	    is("mrose@example.or", &two, ":", ":") &&
	    is("mrose@example.orgs", &two, ":", ":") &&
	    is("mrose@", &two, ":", ":"), "Any other is nobody's");
	check(is("@example.org", &two, ":", ":"), "A name is left");
	check(is("a@b@example.org", &two, "a@b", "a@b"),
	    "Only the last is a domain");
	check(is("mrose@example.org", &none, "mrose@example.org",
	    "mrose@example.org"), "Without domains an @ is part of the name");
	check(is("mrose", &two, "mrose", "mrose"),
	    "A name without a domain is ours");
}

static void
check_names(void)
{
	char longest[AUTH_NAME_SIZE + 1];

	check(is("mrose", &none, "mrose", "mrose"), "A name is a name");
	check(is("MRose", &none, "MRose", "mrose"), "Capitals have two");
	check(is("mrose \t ", &none, "mrose", "mrose") &&
	    is("mrose@example.org ", &two, "mrose", "mrose"),
	    "Blanks behind a name are not part of it");
	check(is("", &none, ":", ":") && is("   ", &none, ":", ":") &&
	    is("a/b", &none, ":", ":") && is("a:b", &none, ":", ":") &&
	    is("..", &none, ":", ":") && is("-x", &none, ":", ":") &&
	    is("a b", &none, ":", ":") && is("m\303\266", &none, ":", ":"),
	    "What can be no name is nobody's");
	memset(longest, 'a', sizeof(longest));
	longest[AUTH_NAME_SIZE - 1] = '\0';
	check(is(longest, &none, longest, longest), "The longest is taken");
	longest[AUTH_NAME_SIZE - 1] = 'a';
	longest[AUTH_NAME_SIZE] = '\0';
	check(is(longest, &none, ":", ":"), "A longer one is not");
}

int
main(void)
{
	check_domains();
	check_names();
	return check_status();
}
