/* What systemd starts at boot: a unit is enabled by a link
 * (systemctl(1), "enable"). */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "base/strbuf.h"
#include "check/question.h"

#define UNIT "pop3.socket"
#define UNIT_OF_TLS "pop3s.socket"
#define UNIT_OF_RECOVERY "pop3-recover.service"

/* Where units and such links are (systemd.unit(5)). */
static const char *const places[] = {
	"/etc/systemd/system", "/run/systemd/system",
	"/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
	"/lib/systemd/system",
};

/* Whether there is a file of such a name in any of them. */
static bool
is_there(const char *pattern, const char *unit)
{
	bool found = false;

	for (size_t i = 0; !found && i < COUNT(places); i++) {
		char path[256];
		glob_t paths;

		snprintf(path, sizeof(path), "%s/%s%s", places[i], pattern,
		    unit);
		found = glob(path, GLOB_NOSORT, NULL, &paths) == 0;
		globfree(&paths);
	}
	return found;
}

static bool
is_enabled(const char *unit)
{
	return is_there("*.wants/", unit);
}

static void
check_sockets(struct check *c)
{
	bool has_certificate = c->settings->files.certificate != NULL;

	if (!is_enabled(UNIT) && !is_enabled(UNIT_OF_TLS))
		report_line(&c->report, REPORT_WARN, "systemctl enable --now "
		    UNIT, "no socket of ours is enabled: after a boot nobody "
		    "listens");
	else if (is_enabled(UNIT_OF_TLS) && !has_certificate)
		report_line(&c->report, REPORT_FAIL, "put it there, or "
		    "systemctl disable --now " UNIT_OF_TLS,
		    UNIT_OF_TLS " is enabled, and there is no certificate "
		    SYSTEMD_CERTIFICATE);
	else if (!is_enabled(UNIT_OF_TLS) && has_certificate)
		report_line(&c->report, REPORT_WARN, "systemctl enable --now "
		    UNIT_OF_TLS, "there is a certificate, and " UNIT_OF_TLS
		    " is not enabled: nobody listens on port 995");
}

void
check_units(struct check *c)
{
	if (access("/run/systemd/system", F_OK) == -1) {
		report_line(&c->report, REPORT_OK, NULL, "systemd does not run "
		    "here");
		return;
	}
	if (!is_there("", UNIT)) {
		report_line(&c->report, REPORT_OK, NULL, "none is installed");
		return;
	}
	check_sockets(c);
	if (!is_enabled(UNIT_OF_RECOVERY))
		report_line(&c->report, REPORT_WARN, "systemctl enable "
		    UNIT_OF_RECOVERY, "updates that a power cut interrupts are "
		    "not finished at boot, but at the next login");
	if (!c->report.was_answered)
		report_line(&c->report, REPORT_OK, NULL, UNIT ", "
		    UNIT_OF_RECOVERY "%s start at boot",
		    is_enabled(UNIT_OF_TLS) ? " and " UNIT_OF_TLS : "");
}
