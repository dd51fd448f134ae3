/*
 * --import-uidl and --export-uidl: takes over the unique ids of another server,
 * or writes ours down, and serves nobody.
 *
 * Each mailbox is claimed as the service user. A process of its own reads it as
 * its owner, under its locks, and writes what it finds into a draft; then the
 * draft takes its place. If we stop, each mailbox has its ids of before, or the
 * new ones, whole.
 */
#ifndef IMPORT_H
#define IMPORT_H

#include "settings.h"

enum import_outcome {
	IMPORT_DONE,
	IMPORT_NOT_ALL,		/* ids are missing, or stay as they were */
	IMPORT_FAILED,		/* some mailbox could not be read */
};

/* A line on standard output for each mailbox, log lines for what fails. */
enum import_outcome import_users(struct settings *);

#endif
