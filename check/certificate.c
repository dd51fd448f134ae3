#include <sys/stat.h>

#include "base/strbuf.h"
#include "check/question.h"

static void
report_none(struct check *c)
{
	const struct settings *s = c->settings;

	if (s->allow_cleartext)
		report_line(&c->report, REPORT_WARN, "give it a certificate: "
		    "--tls-cert=FILE", "there is none, and passwords are "
		    "taken in clear from everywhere (--allow-cleartext)");
	else
		report_line(&c->report, REPORT_WARN, "put it into "
		    SYSTEMD_CERTIFICATE " and " SYSTEMD_KEY " for systemd, or "
		    "give --tls-cert and --tls-key", "%s: passwords are taken "
		    "from this machine only", s->tls == TLS_OFF &&
		    s->files.certificate != NULL ? "TLS is off"
		    : "there is none");
}

/* Who can read the key, besides root. */
static void
add_key(const struct tls *tls, struct strbuf *text)
{
	struct stat status;
	int certificate, key;

	tls_descriptors(tls, &certificate, &key);
	if (fstat(key, &status) == 0)
		strbuf_format(text, "; the key is of uid %lu, mode %03o",
		    (unsigned long)status.st_uid,
		    (unsigned)status.st_mode & 0777);
}

void
check_certificate(struct check *c)
{
	char names[512];
	struct strbuf text = strbuf_init(names, sizeof(names));

	if (c->tls == NULL) {
		report_none(c);
		return;
	}
	c->report.cure = "renew it, or mend it; a listener reads it anew "
	    "within an hour, or after systemctl stop pop3.service";
	if (!tls_prepare(c->tls)) {
		if (!c->report.was_answered)
			report_line(&c->report, REPORT_FAIL, "try another key",
			    "no handshake can be made");
		return;
	}
	tls_describe(c->tls, &text);
	add_key(c->tls, &text);
	if (!c->report.was_answered)
		report_line(&c->report, REPORT_OK, NULL, "%s is for %s",
		    c->settings->files.certificate, names);
}
