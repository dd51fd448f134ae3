#include "base/log_option.h"

#include "base/log.h"

const struct option_word log_words[] = {
	{ "journal", LOG_TO_JOURNAL },
	{ "syslog", LOG_TO_SYSLOG },
	{ "stderr", LOG_TO_STDERR },
	{ 0 },
};

const char *
log_option(void)
{
	switch (log_goes_to()) {
	case LOG_TO_JOURNAL:
		return "--log=journal";
	case LOG_TO_SYSLOG:
		return "--log=syslog";
	case LOG_TO_STDERR:
	case LOG_TO_DEFAULT:
		break;
	}
	return "--log=stderr";
}
