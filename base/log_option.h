/* --log: where the log goes. */
#ifndef BASE_LOG_OPTION_H
#define BASE_LOG_OPTION_H

#include "base/options.h"

/* The words for enum log_target. */
extern const struct option_word log_words[];

/* The option that says where our log goes now, for a program that is executed
 * by us. */
const char *log_option(void);

#endif
