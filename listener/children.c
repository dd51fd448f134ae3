#include "listener/children.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "listener/channel.h"

bool
children_open(struct children *c, size_t room)
{
	*c = (struct children){
		.at = calloc(room, sizeof(*c->at)),
		.room = room,
	};
	return c->at != NULL;
}

static void
close_channel(struct child *child)
{
	if (child->channel != -1)
		close(child->channel);
	child->channel = -1;
}

void
children_close(struct children *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->at[i].channel != -1)
			close(c->at[i].channel);
	c->count = 0;
}

void
children_free(struct children *c)
{
	free(c->at);
	*c = (struct children){ 0 };
}

size_t
children_in(const struct children *c, enum child_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < c->count; i++)
		count += c->at[i].state == state && !c->at[i].is_dropped;
	return count;
}

size_t
children_from(const struct children *c, const struct source *source)
{
	size_t count = 0;

	for (size_t i = 0; i < c->count; i++)
		count += (c->at[i].state == CHILD_PREAUTH ||
		    c->at[i].state == CHILD_LOGGED_IN) &&
		    !c->at[i].is_dropped &&
		    source_equal(&c->at[i].source, source);
	return count;
}

struct child *
children_oldest(const struct children *c, enum child_state state)
{
	struct child *oldest = NULL;

	for (size_t i = 0; i < c->count; i++) {
		struct child *child = &c->at[i];

		if (child->state == state && !child->is_dropped &&
		    (oldest == NULL || child->number < oldest->number))
			oldest = child;
	}
	return oldest;
}

static bool
has_not_logged_in(const struct child *child)
{
	return child->state == CHILD_PREAUTH && !child->is_dropped;
}

/* The one of the larger crowd; of crowds as large, or of one, the older one. */
static bool
goes_first(const struct child *a, unsigned crowd_of_a, const struct child *b,
    unsigned crowd_of_b)
{
	return crowd_of_a != crowd_of_b ? crowd_of_a > crowd_of_b
	    : a->number < b->number;
}

struct child *
children_oldest_of_crowd(const struct children *c)
{
	unsigned counts[SOURCE_NETWORKS] = { 0 }, crowd = 0;
	struct child *found = NULL;

	for (size_t i = 0; i < c->count; i++)
		counts[source_network(&c->at[i].source)] +=
		    has_not_logged_in(&c->at[i]);
	for (size_t i = 0; i < c->count; i++) {
		struct child *child = &c->at[i];
		unsigned count = counts[source_network(&child->source)];

		if (!has_not_logged_in(child) || (found != NULL &&
		    !goes_first(child, count, found, crowd)))
			continue;
		found = child;
		crowd = count;
	}
	return found;
}

pid_t
children_fork(struct children *c, enum child_state state, int *channel)
{
	struct child child = {
		.state = state, .channel = -1, .number = ++c->number,
	};

	assert(c->count < c->room);
	if (channel != NULL && !channel_open(&child.channel, channel))
		return -1;
	child.pid = fork();
	if (child.pid > 0)
		c->at[c->count++] = child;
	else
		close_channel(&child);
	if (child.pid != 0 && channel != NULL)
		close(*channel);
	return child.pid;
}

/* Takes what it has said. */
static void
hear(struct child *child)
{
	if (child->channel != -1 && child->state == CHILD_PREAUTH &&
	    channel_has_login(child->channel))
		child->state = CHILD_LOGGED_IN;
}

/* A pid is nobody else's before it was waited for. An account's process is not
 * ours to end: the kernel says so, too. What it says before it ends is heard
 * when it is reaped. */
bool
children_drop(struct child *child)
{
	hear(child);
	if (child->state == CHILD_LOGGED_IN || kill(child->pid, SIGKILL) == -1)
		child->state = CHILD_LOGGED_IN;
	else
		child->is_dropped = true;
	return child->is_dropped;
}

bool
children_reap(struct children *c, struct child *ended, int *status)
{
	pid_t pid = waitpid(-1, status, WNOHANG);
	size_t i = 0;

	if (pid <= 0)
		return false;
	while (i < c->count && c->at[i].pid != pid)
		i++;
	if (i == c->count) {	/* inherited from who executed us */
		*ended = (struct child){ .pid = pid, .state = CHILD_OTHER };
		return true;
	}
	hear(&c->at[i]);
	close_channel(&c->at[i]);
	*ended = c->at[i];
	c->at[i] = c->at[--c->count];
	return true;
}

bool
children_is_crash(int status)
{
	return WIFSIGNALED(status) && fault_is(WTERMSIG(status));
}

size_t
children_polls(const struct children *c, struct pollfd *polls)
{
	size_t count = 0;

	for (size_t i = 0; i < c->count; i++)
		if (c->at[i].channel != -1 && c->at[i].state == CHILD_PREAUTH)
			polls[count++] = (struct pollfd){
				.fd = c->at[i].channel, .events = POLLIN,
			};
	return count;
}

void
children_heard(struct children *c, int channel)
{
	for (size_t i = 0; i < c->count; i++) {
		if (c->at[i].channel != channel)
			continue;
		hear(&c->at[i]);
		close_channel(&c->at[i]);
		return;
	}
}
