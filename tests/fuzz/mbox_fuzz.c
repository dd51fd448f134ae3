/*
 * The mbox scanner against the naive reading: fed whole, octet by octet, in
 * random pieces, and message by message.
 *
 * An octet for the pieces, then the mailbox; "######" after Content-Length
 * becomes a number that leads to a place of interest.
 */
int mbox_random_main(int argc, char **argv);
#define main mbox_random_main
#include "tests/unit/mbox_random_test.c"

#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	static struct made made;
	struct fuzz_input input = fuzz_input(octets, length);
	struct dice dice = { .state = 1 + fuzz_octet(&input) };
	struct box box = { .at = made.at };
	const char *what;

	made.length = 0;
	add(&made, input.length == 0 ? "" : input.at, input.length);
	fill_in_claims(&made, &dice);
	box.length = made.length;
	what = difference(&box, &dice);
	fuzz_require(what == NULL, "%s; naive: %zu messages, scanner: %zu",
	    what, wanted.count, whole.count);
	return 0;
}
