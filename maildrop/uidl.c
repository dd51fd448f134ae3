#include "maildrop/uidl.h"

#include <stdlib.h>

#define ROW(name) &uidl_##name,

const struct uidl_scheme *const uidl_schemes[] = { UIDL_SCHEMES(ROW) };

struct uidl {
	const struct uidl_scheme *scheme;
	void *state;			/* the scheme's, or NULL */
	struct hasher *content;
	struct hasher *before_empty;	/* that, before the empty lines
						   that may be the last */
	bool ends_empty;	/* there are such */
	bool line_open;		/* the line at hand has begun */
};

struct uidl *
uidl_new(const struct uidl_scheme *scheme)
{
	struct uidl *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->scheme = scheme;
	u->content = hasher_new();
	u->before_empty = hasher_new();
	if (scheme->state_size > 0)
		u->state = malloc(scheme->state_size);
	if (u->content == NULL || u->before_empty == NULL ||
	    (scheme->state_size > 0 && u->state == NULL)) {
		uidl_free(u);
		u = NULL;
	}
	return u;
}

void
uidl_free(struct uidl *u)
{
	if (u == NULL)
		return;
	hasher_free(u->content);
	hasher_free(u->before_empty);
	free(u->state);
	free(u);
}

void
uidl_begin(struct uidl *u)
{
	hasher_init(u->content);
	u->ends_empty = u->line_open = false;
	if (u->state != NULL)
		u->scheme->begin(u->state);
}

/* The length of text that ends a line, without the empty lines at its end;
 * `begins`: it begins with a line of its own, which can be empty, too. */
static size_t
without_empty(const char *at, size_t length, bool begins)
{
	while (length > 0 && at[length - 1] == '\n') {
		size_t end = length >= 2 && at[length - 2] == '\r' ? 2 : 1;

		if (length > end ? at[length - end - 1] != '\n' : !begins)
			break;
		length -= end;
	}
	return length;
}

/* What is not known to be the end is taken, and can be given up again. */
static void
add_content(struct uidl *u, const char *at, size_t length)
{
	/* a last line of CR alone: empty, with the LF that comes next */
	bool is_cr = !u->line_open && length == 1 && at[0] == '\r';
	size_t text = is_cr ? 0 : without_empty(at, length, !u->line_open);

	if (text > 0) {
		hasher_update(u->content, at, text);
		u->ends_empty = false;
	}
	u->line_open = !is_cr && at[length - 1] != '\n';
	if (text == length)
		return;
	if (!u->ends_empty)
		hasher_copy(u->before_empty, u->content);
	u->ends_empty = true;
	hasher_update(u->content, at + text, length - text);
}

void
uidl_text(struct uidl *u, const char *data, size_t length,
    enum uidl_place place)
{
	add_content(u, data, length);
	if (u->state != NULL)
		u->scheme->text(u->state, data, length, place);
}

void
uidl_end(struct uidl *u, struct digest *content, uint64_t *id)
{
	*content = hasher_final(u->ends_empty ? u->before_empty : u->content);
	*id = u->state != NULL ? u->scheme->end(u->state) : 0;
}
