/* Base64 (base/base64.h), by RFC 4648 and by what must not be taken. */
#include "base/base64.h"

#include <string.h>

#include "tests/unit/check.h"

/* RFC 4648 section 10, and all six-bit values. */
static const struct {
	const char *text, *octets;
} good[] = {
	{ "", "" }, { "Zg==", "f" }, { "Zm8=", "fo" }, { "Zm9v", "foo" },
	{ "Zm9vYg==", "foob" }, { "Zm9vYmE=", "fooba" },
	{ "Zm9vYmFy", "foobar" }, { "////", "\xff\xff\xff" },
	{ "/w==", "\xff" }, { "//8=", "\xff\xff" },
	{ "+/+/", "\xfb\xff\xbf" },
};

static const char *const bad[] = {
	"Z", "Zg", "Zg=", "Zm8", "Zg===", "Zg====", "=", "==", "====", "A===",
	"=AAA", "A=AA", "AA=A", "Zg==Zg==", "Zm8=Zm8=", "Zm9v=", "Zm9v====",
	"Zh==", "Zm9=", "Zm 9v", " Zm9v", "Zm9v ", "Zm9v\n", "Zm9\n", "Zm9-",
	"Zm9_", "Zm9\xff", "Zm9.",
};

static void
check_good(void)
{
	check_begin("What is base64 is decoded (RFC 4648 section 4)");
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		size_t wanted = strlen(good[i].octets), length = 77;
		char octets[8];

		check_that(base64_decode(good[i].text, strlen(good[i].text),
		    octets, wanted, &length) && length == wanted &&
		    memcmp(octets, good[i].octets, wanted) == 0, "\"%s\"",
		    good[i].text);
		check_that(wanted == 0 || !base64_decode(good[i].text,
		    strlen(good[i].text), octets, wanted - 1, &length),
		    "\"%s\" in less room", good[i].text);
	}
	check_end();
}

static void
check_bad(void)
{
	check_begin("What is not, or could be written otherwise, is refused "
	    "(RFC 4648 section 3)");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t length = 77;
		char octets[16];

		check_that(!base64_decode(bad[i], strlen(bad[i]), octets,
		    sizeof(octets), &length) && length == 77, "\"%s\"",
		    bad[i]);
	}
	check_that(!base64_decode("AA\0A", 4, (char[3]){ 0 }, 3,
	    &(size_t){ 0 }), "NUL");
	check_end();
}

int
main(void)
{
	check_good();
	check_bad();
	return check_status();
}
