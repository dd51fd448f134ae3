/*
 * The table of a listener's children (listener/children.h): who is counted, who
 * is the oldest, and that whoever has logged in is neither dropped nor
 * forgotten.
 */
#include "listener/children.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "listener/channel.h"
#include "tests/unit/check.h"

#define ROOM 8
#define LATE 10000		/* milliseconds: nothing takes so long */

static const struct source here = { { 1, 127, 0, 0, 1 } };
static const struct source there = { { 1, 127, 0, 0, 2 } };
static const struct source elsewhere = { { 1, 192, 0, 2, 1 } };

/* What a child does. */
static void
do_nothing(int channel)
{
	(void)channel;
	for (;;)
		pause();
}

static void
log_in_and_stay(int channel)
{
	channel_tell_login(channel);
	do_nothing(-1);
}

static void
log_in_and_end(int channel)
{
	channel_tell_login(channel);
	_exit(3);
}

static void
hang_up(int channel)
{
	close(channel);
	do_nothing(-1);
}

static struct child *
add(struct children *c, enum child_state state, const struct source *source,
    void (*life)(int channel))
{
	int channel = -1;
	pid_t pid = children_fork(c, state, &channel);

	if (pid == 0) {
		life(channel);
		_exit(0);
	}
	if (pid == -1)
		abort();
	if (source != NULL)
		c->at[c->count - 1].source = *source;
	return &c->at[c->count - 1];
}

static void
open_table(struct children *c)
{
	if (!children_open(c, ROOM))
		abort();
}

/* Waits until the child has said something, or is at its end. */
static void
await_word(const struct child *child)
{
	struct pollfd at = { .fd = child->channel, .events = POLLIN };

	if (poll(&at, 1, LATE) != 1)
		abort();
}

/* Waits for the next one to end. */
static struct child
await_end(struct children *c, int *status)
{
	struct child ended = { 0 };
	siginfo_t info;

	if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == -1)
		abort();
	check_that(children_reap(c, &ended, status), "nobody was reaped");
	return ended;
}

static void
end_all(struct children *c)
{
	int status;

	for (size_t i = 0; i < c->count; i++)
		kill(c->at[i].pid, SIGKILL);
	while (c->count > 0)
		await_end(c, &status);
	children_close(c);
	children_free(c);
}

static void
check_counts(void)
{
	struct children c;

	check_begin("Children are counted by what they do and whence they are");
	open_table(&c);
	add(&c, CHILD_SPARE, NULL, do_nothing);
	add(&c, CHILD_PREAUTH, &here, do_nothing);
	add(&c, CHILD_PREAUTH, &there, do_nothing);
	add(&c, CHILD_LOGGED_IN, &here, do_nothing);
	add(&c, CHILD_OTHER, &here, do_nothing);
	check_same(children_in(&c, CHILD_SPARE), 1, "spares");
	check_same(children_in(&c, CHILD_PREAUTH), 2, "not logged in");
	check_same(children_in(&c, CHILD_LOGGED_IN), 1, "logged in");
	check_same(children_from(&c, &here), 2, "from here");
	check_same(children_from(&c, &there), 1, "from there");
	end_all(&c);
	check_end();
}

static void
check_oldest(void)
{
	struct children c;
	struct child *oldest;
	uint64_t first, second;
	int status;

	check_begin("The oldest is the one that was forked first, also after "
	    "others have left the table");
	open_table(&c);
	add(&c, CHILD_SPARE, NULL, do_nothing);
	first = add(&c, CHILD_PREAUTH, &here, do_nothing)->number;
	second = add(&c, CHILD_PREAUTH, &here, do_nothing)->number;
	add(&c, CHILD_PREAUTH, &here, do_nothing);
	kill(c.at[0].pid, SIGKILL);
	check_same(await_end(&c, &status).state, CHILD_SPARE, "who ended");
	oldest = children_oldest(&c, CHILD_PREAUTH);
	check_same(oldest->number, first, "the oldest");
	check_that(children_drop(oldest), "it was not dropped");
	check_same(children_oldest(&c, CHILD_PREAUTH)->number, second,
	    "the next one");
	check_that(children_oldest(&c, CHILD_LOGGED_IN) == NULL, "nobody is");
	end_all(&c);
	check_end();
}

static void
check_crowd(void)
{
	struct children c;
	struct child *found;
	uint64_t first, second;

	check_begin("Of the largest crowd that has not logged in the oldest is "
	    "found; of crowds as large, too");
	open_table(&c);
	check_that(children_oldest_of_crowd(&c) == NULL, "nobody is");
	first = add(&c, CHILD_PREAUTH, &elsewhere, do_nothing)->number;
	add(&c, CHILD_LOGGED_IN, &elsewhere, do_nothing);
	add(&c, CHILD_LOGGED_IN, &elsewhere, do_nothing);
	second = add(&c, CHILD_PREAUTH, &here, do_nothing)->number;
	add(&c, CHILD_PREAUTH, &there, do_nothing);
	found = children_oldest_of_crowd(&c);
	check_same(found->number, second, "of two of a network");
	check_that(children_drop(found), "it was not dropped");
	check_same(children_oldest_of_crowd(&c)->number, first,
	    "of one each");
	end_all(&c);
	check_end();
}

static void
check_dropped(void)
{
	struct children c;
	struct child ended;
	int status = 0;

	check_begin("Who was dropped is not counted, and is reaped");
	open_table(&c);
	check_that(children_drop(add(&c, CHILD_PREAUTH, &here, do_nothing)),
	    "it was not dropped");
	check_same(children_in(&c, CHILD_PREAUTH), 0, "not logged in");
	check_same(children_from(&c, &here), 0, "from here");
	ended = await_end(&c, &status);
	check_that(ended.is_dropped, "it was not told as dropped");
	check_that(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
	    "it ended by itself: %x", (unsigned)status);
	check_same(c.count, 0, "in the table");
	end_all(&c);
	check_end();
}

static void
check_login_heard(void)
{
	struct children c;
	struct pollfd polls[ROOM];
	struct child *child;

	check_begin("A login is heard, and the channel closed");
	open_table(&c);
	add(&c, CHILD_SPARE, NULL, do_nothing);
	child = add(&c, CHILD_PREAUTH, &here, log_in_and_stay);
	await_word(child);
	check_same(children_polls(&c, polls), 1, "channels to look at");
	check_same((uint64_t)polls[0].fd, (uint64_t)child->channel,
	    "the channel");
	children_heard(&c, child->channel);
	check_same(children_in(&c, CHILD_LOGGED_IN), 1, "logged in");
	check_same(children_polls(&c, polls), 0, "channels afterwards");
	check_that(child->channel == -1, "the channel is open");
	end_all(&c);
	check_end();
}

static void
check_hung_up(void)
{
	struct children c;
	struct child *child;

	check_begin("A channel that is closed is no login");
	open_table(&c);
	child = add(&c, CHILD_PREAUTH, &here, hang_up);
	await_word(child);
	children_heard(&c, child->channel);
	check_same(children_in(&c, CHILD_PREAUTH), 1, "not logged in");
	check_that(child->channel == -1, "the channel is open");
	check_that(children_drop(child), "it was not dropped");
	end_all(&c);
	check_end();
}

static void
check_login_before_drop(void)
{
	struct children c;
	struct child *child;

	check_begin("Who has logged in before that was heard is not dropped");
	open_table(&c);
	child = add(&c, CHILD_PREAUTH, &here, log_in_and_stay);
	await_word(child);
	check_that(!children_drop(child), "it was dropped");
	check_same(children_in(&c, CHILD_LOGGED_IN), 1, "logged in");
	check_that(kill(child->pid, 0) == 0 && waitpid(child->pid, NULL,
	    WNOHANG) == 0, "it was ended");
	end_all(&c);
	check_end();
}

static void
check_login_before_end(void)
{
	struct children c;
	int status = 0;

	check_begin("Who has logged in and ended before that was heard has "
	    "logged in");
	open_table(&c);
	add(&c, CHILD_PREAUTH, &here, log_in_and_end);
	check_same(await_end(&c, &status).state, CHILD_LOGGED_IN, "state");
	check_same((uint64_t)WEXITSTATUS(status), 3, "exit status");
	end_all(&c);
	check_end();
}

static void
check_inherited(void)
{
	struct children c;
	struct child ended;
	int status = 0;
	pid_t pid;

	check_begin("A child that is not in the table is reaped, and no "
	    "session");
	open_table(&c);
	add(&c, CHILD_SPARE, NULL, do_nothing);
	pid = fork();
	if (pid == 0)
		_exit(4);
	ended = await_end(&c, &status);
	check_same((uint64_t)ended.pid, (uint64_t)pid, "pid");
	check_same(ended.state, CHILD_OTHER, "state");
	check_same(c.count, 1, "in the table");
	check_that(!children_reap(&c, &ended, &status), "one more was reaped");
	end_all(&c);
	check_end();
}

int
main(void)
{
	check_counts();
	check_oldest();
	check_crowd();
	check_dropped();
	check_login_heard();
	check_hung_up();
	check_login_before_drop();
	check_login_before_end();
	check_inherited();
	return check_status();
}
