#include "maildrop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/count.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "maildrop/control.h"
#include "maildrop/control_content.h"
#include "maildrop/ordinals.h"
#include "maildrop/store.h"
#include "maildrop/uidl.h"

/* The first that serves the template; the last serves any. */
static const struct store_driver *const drivers[] = {
	&store_mbox,
};

enum {
#define NUMBER(name) UIDL_NUMBER_##name,
	UIDL_SCHEMES(NUMBER)
};

const struct option_word maildrop_uidl_words[] = {
#define WORD(name) { #name, UIDL_NUMBER_##name },
	UIDL_SCHEMES(WORD)
	{ 0 },
};

struct maildrop {
	char *path;
	const struct store_driver *driver;
	struct control *control;
	struct store *store;
	const struct uidl_scheme *uidl;
	struct message_list messages;
	struct imported *imported;	/* ids, or NULL */
	struct maildrop_totals unmarked;
};

/* --- opening and closing ------------------------------------------------ */

/* The driver of a path that a template was made to. */
static const struct store_driver *
driver_of(const char *path)
{
	size_t last = COUNT(drivers) - 1;

	for (size_t i = 0; i < last; i++)
		if (drivers[i]->prefix == NULL || strncmp(path,
		    drivers[i]->prefix, strlen(drivers[i]->prefix)) == 0)
			return drivers[i];
	return drivers[last];
}

enum maildrop_status
maildrop_claim(const char *state, const char *path, uid_t owner,
    struct maildrop **maildrop)
{
	struct maildrop *m = calloc(1, sizeof(*m));
	enum maildrop_status status = MAILDROP_TEMPORARY;

	if (m == NULL)
		return status;
	m->driver = driver_of(path);
	m->path = strdup(path);
	if (m->path != NULL)
		status = control_open(state, path, &m->driver->control, owner,
		    &m->control);
	if (status == MAILDROP_OK) {
		m->store = m->driver->claim(m->path, m->control);
		status = m->store != NULL ? MAILDROP_OK : MAILDROP_TEMPORARY;
	}
	if (status == MAILDROP_OK)
		*maildrop = m;
	else
		maildrop_close(m);
	return status;
}

static enum maildrop_status
out_of_memory(const struct maildrop *m)
{
	log_note(LOG_ERR, "out of memory for the messages of %s", m->path);
	return MAILDROP_TEMPORARY;
}

enum maildrop_status
maildrop_open(struct maildrop *m, uid_t owner, unsigned uidl)
{
	m->uidl = uidl_schemes[uidl];
	return m->driver->open(m->store, owner, m->uidl);
}

size_t
maildrop_rights(const struct maildrop *m, struct directory_rights *rights)
{
	return m->driver->rights(m->store, rights);
}

/* False if there is no memory. */
static bool
assign_ordinals(struct maildrop *m)
{
	size_t length;
	char *written;
	bool done;

	if (m->messages.known == m->messages.count)
		return true;
	written = control_content_read(control_session(m->control),
	    &length);
	done = ordinals_assign(&m->messages, written);
	free(written);
	return done;
}

/* Without the table clients would take all mail for new. */
static bool
read_imported(struct maildrop *m)
{
	if (control_ids(m->control) == -1 ||
	    imported_read(control_ids(m->control), &m->imported))
		return true;
	log_note(LOG_ERR, "cannot read the imported ids of %s: %s", m->path,
	    strerror(errno));
	return false;
}

enum maildrop_status
maildrop_load(struct maildrop *m)
{
	enum maildrop_status status = m->driver->load(m->store, &m->messages);

	if (status != MAILDROP_OK)
		return status;
	if (!assign_ordinals(m))
		return out_of_memory(m);
	if (!read_imported(m))
		return MAILDROP_TEMPORARY;
	m->driver->remember(m->store, &m->messages);
	m->unmarked = (struct maildrop_totals){
		m->messages.count, m->messages.octets
	};
	return MAILDROP_OK;
}

struct caller {
	const struct store_driver *driver;
	void (*each)(void *context, const char *path);
	void *context;
};

static void
pass_on(void *context, const char *path, bool is_empty)
{
	const struct caller *caller = context;

	if (!is_empty || caller->driver->has_left(path))
		caller->each(caller->context, path);
}

bool
maildrop_each_interrupted(const char *state,
    void (*each)(void *context, const char *path), void *context)
{
	bool done = true;

	for (size_t i = 0; i < COUNT(drivers); i++) {
		struct caller caller = { drivers[i], each, context };

		done &= control_each(state, &drivers[i]->control, pass_on,
		    &caller);
	}
	return done;
}

enum maildrop_status
maildrop_look(const struct maildrop *m, bool *is_interrupted, uid_t *owner)
{
	uint64_t user = *owner = control_owner(m->control);

	if (!m->driver->is_interrupted(m->store, is_interrupted, &user))
		return MAILDROP_TEMPORARY;
	/* the account's process could write into its redo log */
	if (*owner != user)
		*owner = MAILDROP_OWNER_UNKNOWN;
	return MAILDROP_OK;
}

void
maildrop_close(struct maildrop *m)
{
	if (m == NULL)
		return;
	m->driver->close(m->store);
	message_list_clear(&m->messages);
	imported_free(m->imported);
	control_close(m->control);
	free(m->path);
	free(m);
}

/* --- for who only looks --------------------------------------------------- */

bool
maildrop_look_at(const char *state, const char *path,
    struct control_look *look)
{
	return control_look(state, path, &driver_of(path)->control, look);
}

enum maildrop_status
maildrop_view(const char *path, uid_t owner, unsigned uidl, int cache,
    struct store_view *view)
{
	return driver_of(path)->view(path, owner, uidl_schemes[uidl], cache,
	    view);
}

bool
maildrop_describe_lock(const char *path, struct strbuf *text, int64_t *seconds)
{
	return driver_of(path)->describe_lock(path, text, seconds);
}

bool
maildrop_each_waiting(const char *state,
    void (*each)(void *context, const char *path, bool is_set_aside),
    void *context)
{
	bool done = true;

	for (size_t i = 0; i < COUNT(drivers); i++)
		done &= control_each_waiting(state, &drivers[i]->control,
		    each, context);
	return done;
}

/* --- messages ----------------------------------------------------------- */

static struct message *
message_of(const struct maildrop *m, uint64_t number)
{
	assert(maildrop_has(m, number));
	return &m->messages.at[number - 1];
}

size_t
maildrop_count(const struct maildrop *m)
{
	return m->messages.count;
}

struct maildrop_totals
maildrop_totals(const struct maildrop *m)
{
	return m->unmarked;
}

bool
maildrop_has(const struct maildrop *m, uint64_t number)
{
	return number >= 1 && number <= m->messages.count;
}

bool
maildrop_is_marked(const struct maildrop *m, uint64_t number)
{
	return message_of(m, number)->marked;
}

uint64_t
maildrop_octets(const struct maildrop *m, uint64_t number)
{
	return message_of(m, number)->octets;
}

void
maildrop_uidl(const struct maildrop *m, uint64_t number, struct strbuf *text)
{
	const struct message *message = message_of(m, number);
	const char *imported = imported_find(m->imported, message);
	const uint64_t *ids = m->messages.ids;
	size_t start = text->length;

	if (imported != NULL) {
		strbuf_add(text, imported, strlen(imported));
		return;
	}
	m->uidl->show(text, message, ids == NULL ? 0 : ids[number - 1]);
	if (imported_has(m->imported, text->at + start))
		strbuf_add(text, IMPORTED_OWN, sizeof(IMPORTED_OWN) - 1);
}

void
maildrop_mark(struct maildrop *m, uint64_t number)
{
	struct message *message = message_of(m, number);

	if (message->marked)
		return;
	message->marked = true;
	m->unmarked.messages--;
	m->unmarked.octets -= message->octets;
}

void
maildrop_unmark_all(struct maildrop *m)
{
	m->unmarked = (struct maildrop_totals){
		m->messages.count, m->messages.octets
	};
	for (size_t i = 0; i < m->messages.count; i++)
		if (m->messages.at[i].marked)
			m->messages.at[i].marked = false;
}

enum maildrop_status
maildrop_read_begin(struct maildrop *m, uint64_t number)
{
	assert(maildrop_has(m, number));
	return m->driver->read_begin(m->store, &m->messages, number - 1);
}

enum maildrop_status
maildrop_read(struct maildrop *m, const char **data, size_t *length)
{
	return m->driver->read(m->store, data, length);
}

/* --- ids of another server ---------------------------------------------- */

enum maildrop_status
maildrop_inspect(struct maildrop *m, store_look *look, void *context)
{
	return m->driver->inspect(m->store, &m->messages, look, context);
}

static void
add_uidl(void *maildrop, size_t i, struct strbuf *header)
{
	strbuf_format(header, "X-UIDL: ");
	maildrop_uidl(maildrop, i + 1, header);
	strbuf_add(header, "\n", 1);
}

enum maildrop_status
maildrop_copy(struct maildrop *m, int fd)
{
	return m->driver->copy(m->store, &m->messages, fd, add_uidl, m);
}

bool
maildrop_has_imported(const struct maildrop *m)
{
	struct stat status;

	return control_ids(m->control) != -1 &&
	    fstat(control_ids(m->control), &status) == 0 &&
	    status.st_size > 0;
}

bool
maildrop_write_imported(const struct maildrop *m, char (*ids)[UIDL_SIZE],
    int fd)
{
	size_t length;
	char *table = imported_write(&m->messages, ids, &length);
	bool done = table != NULL && fd_write_at(fd, table, length, 0);

	if (!done)
		log_note(LOG_ERR, "cannot write the imported ids of %s: %s",
		    m->path, strerror(errno));
	free(table);
	return done;
}

/* --- update ------------------------------------------------------------- */

/* Writes the ordinals of what is left, if they differ from what is written. A
 * failure was logged; it can only make unique ids move. */
static void
keep_ordinals(struct maildrop *m)
{
	size_t length, old_length;
	char *ordinals = ordinals_write(&m->messages, &length);
	char *old = control_content_read(control_session(m->control),
	    &old_length);

	if (ordinals != NULL && strcmp(ordinals, old == NULL ? "" : old) != 0)
		control_content_write(control_session(m->control), ordinals,
		    length);
	free(ordinals);
	free(old);
}

/* Clients know the removed messages no more. */
static void
drop_imported(struct maildrop *m)
{
	if (!imported_drop(m->imported, &m->messages, control_ids(m->control)))
		log_note(LOG_WARNING, "cannot drop ids of removed messages of "
		    "%s: %s", m->path, strerror(errno));
}

enum maildrop_status
maildrop_commit(struct maildrop *m)
{
	enum maildrop_status status;

	if (m->unmarked.messages == m->messages.count) {
		m->driver->remember(m->store, &m->messages);
		return MAILDROP_OK;
	}
	status = m->driver->update(m->store, &m->messages);
	if (status == MAILDROP_OK) {
		keep_ordinals(m);
		drop_imported(m);
		m->driver->remember(m->store, &m->messages);
	}
	return status;
}
