/* Who listens, by /proc/net/tcp (proc_pid_net(5)). */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "check/process.h"
#include "check/question.h"
#include "check/words.h"
#include "privilege/identity.h"

#define POP3 110
#define POP3S 995
#define LISTENING "0A"

/* What starts us, by their names as processes. */
static const char *const starters[] = {
	"pop3-handler ", "systemd ", "inetd ", "inetutils-inetd ", "xinetd ",
};

/* A socket as the kernel lists it. */
enum column { LOCAL = 1, STATE = 3, INODE = 9, COLUMNS };

/* Whether it waits for connections at the port: "ADDRESS:PORT", in
 * hexadecimal. */
static bool
is_listening(char *const words[COLUMNS], unsigned port)
{
	const char *local = strrchr(words[LOCAL], ':');
	uint64_t its_port;

	return local != NULL && strcmp(words[STATE], LISTENING) == 0 &&
	    text_hexadecimal(local + 1, strlen(local + 1), &its_port) &&
	    its_port == port;
}

/* The inode of the socket that listens on the port; 0 if there is none. */
static uint64_t
socket_in(const char *table, unsigned port)
{
	FILE *file = fopen(table, "re");
	char *words[COLUMNS], line[256];
	uint64_t inode = 0;

	if (file == NULL)
		return 0;
	while (inode == 0 && fgets(line, sizeof(line), file) != NULL)
		if (words_split(line, words, COLUMNS) &&
		    is_listening(words, port))
			text_number(words[INODE], strlen(words[INODE]),
			    UINT64_MAX, &inode);
	fclose(file);
	return inode;
}

static uint64_t
socket_of(unsigned port)
{
	uint64_t inode = socket_in("/proc/net/tcp6", port);

	return inode != 0 ? inode : socket_in("/proc/net/tcp", port);
}

static bool
is_starter(const char *holders)
{
	bool is_so = false;

	for (size_t i = 0; i < COUNT(starters); i++)
		is_so |= strstr(holders, starters[i]) != NULL;
	return is_so;
}

/* Whether somebody listens. */
static bool
check_port(struct check *c, unsigned port)
{
	uint64_t inode = socket_of(port);
	char holders[512];
	struct strbuf text = strbuf_init(holders, sizeof(holders));

	if (inode == 0)
		return false;
	if (!process_describe_holders(NULL, inode, &text))
		report_line(&c->report, REPORT_OK, NULL, "somebody listens on "
		    "port %u; only root can see who", port);
	else if (is_starter(holders))
		report_line(&c->report, REPORT_OK, NULL, "port %u: %s", port,
		    holders);
	else
		report_line(&c->report, REPORT_WARN, "stop it, unless it is "
		    "what starts this server", "port %u is taken by %s", port,
		    holders);
	return true;
}

void
check_ports(struct check *c)
{
	bool is_pop3 = check_port(c, POP3), is_pop3s = check_port(c, POP3S);

	if (!is_pop3 && !is_pop3s)
		report_line(&c->report, identity_is_ordinary() ? REPORT_WARN
		    : REPORT_FAIL, "systemctl enable --now pop3.socket; or a "
		    "line for inetd", "nobody listens on port %d or %d: "
		    "clients cannot connect", POP3, POP3S);
}
