#include "maildrop/mbox/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/fd.h"
#include "base/log.h"

/* Another program may scan otherwise. */
#define FORMAT "pop3-handler " VERSION " index 3"
#define FORMAT_SIZE 48

struct header {
	char format[FORMAT_SIZE];
	struct digest seal;	/* of all else, as if this were 0 */
	uint64_t count, end, octets;
	uint64_t device, inode, size;
	int64_t modified[2], changed[2];	/* seconds, nanoseconds */
	uint8_t is_racy, end_may_move, depends_on_position, scheme;
	uint16_t generation, unused;
	char boot[BOOT_ID_SIZE + 7];
};

#define MESSAGES_AT sizeof(struct header)

_Static_assert(sizeof(FORMAT) <= FORMAT_SIZE, "room for the format's name");

static uint64_t
ids_at(const struct header *header)
{
	return MESSAGES_AT + header->count * sizeof(struct message);
}

static uint64_t
size_of(const struct header *header)
{
	return ids_at(header) + (header->scheme != 0
	    ? header->count * sizeof(uint64_t) : 0);
}

static struct header
header_of(const struct message_list *list, const struct index *index)
{
	const struct mbox_stamp *stamp = &index->stamp;

	struct header header = {
		.format = FORMAT,
		.count = list->count,
		.end = list->end,
		.octets = list->octets,
		.device = stamp->device,
		.inode = stamp->inode,
		.size = (uint64_t)stamp->size,
		.modified = { stamp->modified.tv_sec, stamp->modified.tv_nsec },
		.changed = { stamp->changed.tv_sec, stamp->changed.tv_nsec },
		.is_racy = index->is_racy,
		.end_may_move = index->end_may_move,
		.depends_on_position = index->depends_on_position,
		.scheme = index->scheme,
		.generation = index->generation,
	};

	memcpy(header.boot, index->boot, sizeof(index->boot));
	return header;
}

static struct index
index_of(const struct header *header)
{
	struct index index = {
		.stamp = {
			.device = header->device,
			.inode = header->inode,
			.size = (off_t)header->size,
			.modified = { header->modified[0],
			    header->modified[1] },
			.changed = { header->changed[0], header->changed[1] },
		},
		.generation = header->generation,
		.scheme = header->scheme,
		.is_racy = header->is_racy != 0,
		.end_may_move = header->end_may_move != 0,
		.depends_on_position = header->depends_on_position != 0,
	};

	memcpy(index.boot, header->boot, sizeof(index.boot));
	return index;
}

/* False if there is no memory. */
static bool
seal(const struct header *header, const struct message_list *list,
    struct digest *digest)
{
	struct hasher *maker = hasher_new();
	struct header unsealed = *header;

	if (maker == NULL)
		return false;
	unsealed.seal = (struct digest){ 0 };
	hasher_init(maker);
	hasher_update(maker, &unsealed, sizeof(unsealed));
	hasher_update(maker, list->at, list->count * sizeof(*list->at));
	if (list->ids != NULL)
		hasher_update(maker, list->ids,
		    list->count * sizeof(*list->ids));
	*digest = hasher_final(maker);
	hasher_free(maker);
	return true;
}

/* --- reading ------------------------------------------------------------ */

static bool
read_header(int fd, uint8_t scheme, struct header *header)
{
	struct stat status;

	return fd_read_at(fd, header, sizeof(*header), 0) ==
	    sizeof(*header) &&
	    memcmp(header->format, FORMAT, sizeof(FORMAT)) == 0 &&
	    header->scheme == scheme &&
	    header->generation > 0 && header->boot[BOOT_ID_SIZE - 1] == '\0' &&
	    header->count <= UINT32_MAX &&
	    fstat(fd, &status) == 0 &&
	    (uint64_t)status.st_size == size_of(header);
}

static bool
read_ids(int fd, const struct header *header, struct message_list *list)
{
	size_t size = list->count * sizeof(*list->ids);

	if (header->scheme == 0 || list->count == 0)
		return true;
	list->ids = reallocarray(NULL, list->room, sizeof(*list->ids));
	return list->ids != NULL && fd_read_at(fd, list->ids, size,
	    ids_at(header)) == (ssize_t)size;
}

/* Whether the flags, which may be any octets, are flags, and none a mark. */
static bool
has_good_flags(const struct message *message)
{
	const uint8_t *at = (const uint8_t *)message;

	return at[offsetof(struct message, repeated)] <= 1 &&
	    at[offsetof(struct message, marked)] == 0;
}

/* Whether it is a list such as a scan finds. */
static bool
makes_sense(const struct message_list *list, const struct header *header)
{
	uint64_t next = header->end, octets = 0;

	if (header->end > header->size)
		return false;
	for (size_t i = list->count; i-- > 0;) {
		const struct message *message = &list->at[i];

		if (message->place >= next || message->ordinal == 0 ||
		    message->seen > header->generation ||
		    !has_good_flags(message))
			return false;
		next = message->place;
		octets += message->octets;
	}
	return octets == header->octets;
}

static bool
is_sealed(const struct header *header, const struct message_list *list)
{
	struct digest digest;

	return seal(header, list, &digest) &&
	    digest_equal(digest, header->seal);
}

bool
index_read(int fd, uint8_t scheme, struct message_list *list,
    struct index *index)
{
	struct header header;

	if (!read_header(fd, scheme, &header))
		return false;
	if (!message_list_read(list, fd, MESSAGES_AT, (size_t)header.count) ||
	    !read_ids(fd, &header, list) || !is_sealed(&header, list) ||
	    !makes_sense(list, &header)) {
		message_list_clear(list);
		return false;
	}
	list->end = header.end;
	list->octets = header.octets;
	*index = index_of(&header);
	return true;
}

/* --- writing ------------------------------------------------------------ */

/* The header last: what it tells of is there. */
static bool
write_all(int fd, const struct message_list *list, const struct header *header)
{
	size_t same = list->same;

	return (list->count == same || fd_write_at(fd, &list->at[same],
	    (list->count - same) * sizeof(*list->at),
	    MESSAGES_AT + same * sizeof(*list->at))) &&
	    (list->ids == NULL || fd_write_at(fd, list->ids,
	    list->count * sizeof(*list->ids), ids_at(header))) &&
	    fd_truncate(fd, size_of(header)) &&
	    fd_write_at(fd, header, sizeof(*header), 0);
}

void
index_write(int fd, struct message_list *list, const struct index *index)
{
	struct header header = header_of(list, index);

	if (seal(&header, list, &header.seal) &&
	    write_all(fd, list, &header)) {
		message_list_note_written(list);
		return;
	}
	log_note(LOG_WARNING, "cannot write the index: %s; the next login "
	    "reads the whole mailbox", strerror(errno));
	index_forget(fd);
}

/* The messages stay in the file: a list that goes on may be the same so far. */
void
index_forget(int fd)
{
	static const char nothing[FORMAT_SIZE];

	if (fd != -1 && !fd_write_at(fd, nothing, sizeof(nothing), 0))
		log_note(LOG_WARNING, "cannot forget the index: %s",
		    strerror(errno));
}
