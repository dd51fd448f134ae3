/* What Dovecot makes of %m and %g in an mbox (pure). */
#ifndef IMPORT_DOVECOT_MD5_H
#define IMPORT_DOVECOT_MD5_H

#include <stdbool.h>

#include "import/source.h"

/* Appends it, of all headers (mbox_md5=all) or of a few (apop3d, Dovecot's
 * default). */
void dovecot_md5(const struct import_message *, bool of_all, struct strbuf *);

#endif
