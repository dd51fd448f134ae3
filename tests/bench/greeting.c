/*
 * usage: greeting
 *
 * The least that a POP3 server with passwords can be: loads libcrypt, says
 * hello, waits for a line.
 */
#include <crypt.h>
#include <unistd.h>

static const char hello[] = "+OK POP3 server ready\r\n";

int
main(int argc, char **argv)
{
	char line[512];

	if (argc > 2)	/* never: keeps the library linked */
		return crypt(argv[1], argv[2]) == NULL;
	if (write(STDOUT_FILENO, hello, sizeof(hello) - 1) == -1)
		return 1;
	return read(STDIN_FILENO, line, sizeof(line)) == -1;
}
