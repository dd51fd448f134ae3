# QUIT: what is removed, and what another program does meanwhile.
load ../lib/common

# Three messages; $work/one, two and three are their parts of the mailbox.
three_messages() {
	message 120 1 | deliver "$work/one"
	message 200 2 | deliver "$work/two"
	message 99 3 | deliver "$work/three"
	cat "$work/one" "$work/two" "$work/three" | mailbox_is
	remember_mailbox
}

# assert_left PART...: the mailbox is these parts.
assert_left() {
	(cd "$work" && cat /dev/null "$@") | cmp - "$mailbox" >&2 ||
		fail "the mailbox is not: $*"
}

@test "QUIT removes the first message, and no other (RFC 1939 section 6)" {
	three_messages
	transaction 'DELE 1' QUIT
	assert_reply 2 '+OK dewey POP3 server signing off (2 messages left)'
	assert_left two three
}

@test "QUIT removes a message in the middle, and no other (RFC 1939 section 6)" {
	three_messages
	transaction 'DELE 2' QUIT
	assert_left one three
}

@test "QUIT removes the last message, and no other (RFC 1939 section 6)" {
	three_messages
	transaction 'DELE 3' QUIT
	assert_left one two
}

@test "QUIT removes several messages that are not neighbours (RFC 1939 section 6)" {
	three_messages
	transaction 'DELE 3' 'DELE 1' QUIT
	assert_left two
}

@test "QUIT removes all messages and leaves the mailbox (RFC 1939 section 6)" {
	three_messages
	transaction 'DELE 1' 'DELE 2' 'DELE 3' QUIT
	assert_left
	assert_reply 4 '+OK dewey POP3 server signing off (maildrop empty)'
}

@test "QUIT without DELE changes nothing (RFC 1939 section 6)" {
	three_messages
	transaction 'RETR 1' QUIT
	assert_mailbox_untouched
	[ ! "$mailbox" -nt "$work/remembered" ]
}

@test "DELE and then RSET change nothing (RFC 1939 section 6)" {
	three_messages
	transaction 'DELE 1' 'DELE 2' RSET QUIT
	assert_mailbox_untouched
	[ ! "$mailbox" -nt "$work/remembered" ]
}

@test "QUIT with an argument deletes nothing (RFC 1939 section 6)" {
	three_messages
	transaction 'DELE 1' 'QUIT x' 'QUIT  1' STAT
	assert_refused 2 3
	assert_reply 4 '+OK 2 299'
	assert_mailbox_untouched
}

@test "a disconnect removes nothing (RFC 1939 section 6)" {
	three_messages
	transaction 'DELE 1' 'DELE 2' STAT
	assert_reply 3 '+OK 1 99'
	assert_ended 0
	assert_mailbox_untouched
}

@test "a timeout removes nothing (RFC 1939 section 3)" {
	three_messages
	open_transaction --idle-timeout=1
	ask 'DELE 1' '+OK message 1 deleted'
	finish_session
	exec {to}>&-
	assert_mailbox_untouched
}

@test "a disconnect in the middle of RETR removes nothing (RFC 1939 section 6)" {
	three_messages
	{ printf 'Subject: big\n\n'; yes | head -n 500000; } | deliver
	remember_mailbox
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	say 'RETR 4'
	hear
	say QUIT
	exec {from}<&- {to}>&-
	# it cannot write, and what is left of the script is no matter
	wait "$pid"
	assert_mailbox_untouched
}

@test "a client that is gone before it has read the message it deletes loses nothing (RFC 1939 section 6)" {
	{ printf 'Subject: big\n\n'; yes | head -n 500000; } | deliver
	remember_mailbox
	open_transaction
	# all in one write, and so in one read
	printf 'RETR 1\r\nDELE 1\r\nQUIT\r\n' >&"$to"
	hear
	exec {from}<&- {to}>&-
	wait "$pid"
	assert_mailbox_untouched
}

@test "a killed session has removed nothing (RFC 1939 section 6)" {
	local signal

	three_messages
	# whoever runs the suites may ignore them
	as_reader+=(env --default-signal=HUP,TERM)
	for signal in TERM HUP KILL; do
		open_transaction
		ask 'DELE 1' '+OK message 1 deleted'
		kill -"$signal" "$pid"
		finish_session
		exec {to}>&-
		[ "$ended" -gt 128 ]
		assert_equal "$rest" ''
		assert_mailbox_untouched
	done
}

@test "an end of input right after QUIT is no disconnect (RFC 1939 section 6)" {
	three_messages
	converse < <(printf 'USER mrose\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n')
	assert_left two three
}

@test "a client that is gone before QUIT's answer has said QUIT (RFC 1939 section 6)" {
	three_messages
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	kill -STOP "$pid"
	say QUIT
	exec {from}<&- {to}>&-
	kill -CONT "$pid"
	wait "$pid"
	assert_left two three
}

@test "mail that is delivered during the session survives the update (RFC 1939 section 6)" {
	three_messages
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	message 333 4 | deliver
	message 333 4 | deliver "$work/four"
	ask QUIT '+OK dewey POP3 server signing off (2 messages left)'
	hang_up
	assert_left two three four
}

@test "mail that is delivered during the session survives the deletion of all others" {
	three_messages
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	ask 'DELE 2' '+OK message 2 deleted'
	ask 'DELE 3' '+OK message 3 deleted'
	message 333 4 | deliver
	message 333 4 | deliver "$work/four"
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	hang_up
	assert_left four
}

@test "mail that is delivered during the session is seen in the next (RFC 1939 section 4)" {
	three_messages
	open_transaction
	message 333 4 | deliver
	ask STAT '+OK 3 419'
	ask 'RETR 4' '-ERR no such message'
	ask 'LIST 3' '+OK 3 99'
	hang_up
	transaction STAT
	assert_reply 1 '+OK 4 752'
}

@test "mail that is delivered into a missing mailbox during the session survives" {
	open_transaction
	mailbox_of 120
	remember_mailbox
	ask STAT '+OK 0 0'
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	hang_up
	assert_mailbox_untouched
}

@test "a mailbox that another program has rewritten is left alone, and QUIT says so (RFC 1939 section 6)" {
	three_messages
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	cat "$work/two" "$work/three" | mailbox_is
	remember_mailbox
	ask QUIT '-ERR [SYS/TEMP] some deleted messages not removed'
	hang_up
	assert_mailbox_untouched
	assert_logged '.*mrose was changed by another program since the login: nothing removed'
}

@test "a mailbox that another program has rewritten to the same size and time is left alone (RFC 1939 section 6)" {
	three_messages
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	sed 's/^Subject: 1/Subject: 9/' "$work/remembered" >"$mailbox"
	touch -r "$work/remembered" "$mailbox"
	remember_mailbox
	ask QUIT '-ERR [SYS/TEMP] some deleted messages not removed'
	hang_up
	assert_mailbox_untouched
}

@test "a mailbox that another program has replaced is left alone (RFC 1939 section 6)" {
	three_messages
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	cp -p "$mailbox" "$work/new"
	mv "$work/new" "$mailbox"
	ask QUIT '-ERR [SYS/TEMP] some deleted messages not removed'
	hang_up
	assert_mailbox_untouched
}

@test "a mailbox that another program has removed is not made again" {
	three_messages
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	rm "$mailbox"
	ask QUIT '-ERR [SYS/TEMP] some deleted messages not removed'
	hang_up
	[ ! -e "$mailbox" ]
}

@test "a mailbox that another program has emptied stays empty" {
	three_messages
	open_transaction
	ask 'DELE 3' '+OK message 3 deleted'
	: >"$mailbox"
	ask QUIT '-ERR [SYS/TEMP] some deleted messages not removed'
	hang_up
	[ ! -s "$mailbox" ]
}

@test "a message that another program has changed is not sent" {
	three_messages
	open_transaction
	sed 's/^Subject: 1/Subject: 9/' "$work/remembered" >"$mailbox"
	say 'RETR 1'
	hear
	assert_equal "$heard" '-ERR [SYS/TEMP] maildrop changed by another program, please log in again'
	hang_up
}

@test "a message that moves while it is sent is broken off, not sent torn" {
	{ printf 'Subject: x\nStatus: O\n\n'; seq 200000; } | deliver
	message 120 2 | deliver
	sleep 0.1
	open_transaction
	say 'RETR 1'
	hear
	sed 's/^Status: O$/Status: RO/' "$mailbox" >"$work/new"
	cat "$work/new" >"$mailbox"
	finish_session
	[ "${rest: -3}" != $'\n.\r' ]
	[ -n "$rest" ]
	exec {to}>&-
}

@test "a message that is written over without a trace is broken off, not sent torn" {
	{ printf 'Subject: big\n\n'; yes 0123456789 | head -n 300000; } | deliver
	words
	timeout 60 python3 "$hostile/mmap_writer.py" "$mailbox" "${run[@]}" \
		>"$replies" 2>"$log"
	refute grep -qx $'\\.\r' "$replies"
	assert_logged 'session: .* reason=broken-off tls=none'
}

# Message 1 becomes longer by an octet, and message 2 shorter.
@test "what a session has read itself is compared before it is removed, whatever the times say" {
	local between=$'\n\n'"$from_line"$'\nSubject: 2\n\n'

	three_messages
	words
	timeout 60 python3 "$hostile/mmap_writer_before_update.py" "$mailbox" \
		"$between"xx "x$between"x "${run[@]}" >"$replies" 2>"$log"
	grep -q '^-ERR \[SYS/TEMP\] some deleted messages not removed' "$replies"
	assert_logged '.*changed by another program since the login: nothing removed'
	transaction STAT QUIT
	assert_reply 1 '+OK 3 419'
}

@test "a message goes on while others are delivered" {
	{ printf 'Subject: x\nStatus: O\n\n'; seq 200000; } | deliver
	open_transaction
	say 'RETR 1'
	hear
	message 120 2 | deliver
	exec {to}>&-
	finish_session
	[ "${rest: -3}" = $'\n.\r' ]
	assert_equal "$(printf %s "$rest" | tr -d '\r' | grep -cx '[0-9][0-9]*')" \
		200000
}

@test "a session that removes nothing does not mind another program's changes" {
	three_messages
	open_transaction
	cat "$work/three" | mailbox_is
	ask QUIT '+OK dewey POP3 server signing off (3 messages left)'
	hang_up
	assert_left three
}

@test "a header that another program has changed in place does not stop the update, and is kept" {
	three_messages
	sed -i '/^Subject/a\
Status: O ' "$work/one" "$work/two" "$work/three"
	cat "$work/one" "$work/two" "$work/three" | mailbox_is
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	sed -i 's/^Status: O $/Status: RO/' "$work/one" "$work/two" \
		"$work/three"
	cat "$work/one" "$work/two" "$work/three" >"$mailbox"
	ask QUIT '+OK dewey POP3 server signing off (2 messages left)'
	hang_up
	assert_left two three
}

@test "messages that another program has moved by a header are removed where they are now" {
	three_messages
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	sed -i '/^Subject/a\
Status: RO' "$work/one" "$work/two" "$work/three"
	cat "$work/one" "$work/two" "$work/three" >"$mailbox"
	ask QUIT '+OK dewey POP3 server signing off (2 messages left)'
	hang_up
	assert_left two three
}

@test "a mailbox from which another program has removed a message is left alone (RFC 1939 section 6)" {
	three_messages
	open_transaction
	ask 'DELE 2' '+OK message 2 deleted'
	cat "$work/two" "$work/three" >"$mailbox"
	remember_mailbox
	ask QUIT '-ERR [SYS/TEMP] some deleted messages not removed'
	hang_up
	assert_mailbox_untouched
}

@test "QUIT before login removes nothing (RFC 1939 section 6)" {
	three_messages
	session 'USER mrose' 'DELE 1' QUIT
	assert_refused 2
	assert_accepted 3
	assert_mailbox_untouched
}

@test "a refused login removes nothing (RFC 1939 section 6)" {
	three_messages
	session 'USER mrose' 'PASS wrong' 'DELE 1' QUIT
	assert_refused 2 3
	assert_mailbox_untouched
}

@test "the update keeps the mailbox's inode, owner and mode" {
	local before

	three_messages
	chmod 660 "$mailbox"
	before=$(stat -c '%i %u %g %a' "$mailbox")
	transaction 'DELE 1' QUIT
	assert_equal "$(stat -c '%i %u %g %a' "$mailbox")" "$before"
}

@test "the update leaves no file behind in the spool" {
	three_messages
	transaction 'DELE 1' 'DELE 3' QUIT
	assert_equal "$(ls -A "$work/mail")" mrose
}

@test "what the next session sees is what was left (RFC 1939 section 6)" {
	three_messages
	transaction 'DELE 2' QUIT
	transaction LIST 'RETR 2'
	assert_body 1 '1 120' '2 99'
	[[ ${body[2]} == 'Subject: 3'* ]]
}

# --- what a mail reader does meanwhile ------------------------------------------

# flagged STATUS OCTETS SUBJECT: a message with that Status, of a reader's.
flagged() {
	message "$2" "$3" | sed "1s/^/Status: $1\n/"
}

# Message 1 becomes an octet longer and message 2 one shorter, so that message 3
# stays where it was.
@test "a message that has moved by an octet goes without its neighbour's empty line" {
	flagged O 120 1 | deliver "$work/one"
	flagged RO 200 2 | deliver "$work/two"
	flagged O 99 3 | deliver "$work/three"
	cat "$work/one" "$work/two" "$work/three" | mailbox_is
	open_transaction
	ask 'DELE 2' '+OK message 2 deleted'
	sed -i 's/^Status: O$/Status: RO/' "$work/one"
	sed -i 's/^Status: RO$/Status: O/' "$work/two"
	cat "$work/one" "$work/two" "$work/three" >"$mailbox"
	ask QUIT '+OK dewey POP3 server signing off (2 messages left)'
	hang_up
	assert_left one three
}

@test "a message that has moved and is the last goes without the empty line that new mail needs" {
	flagged O 120 1 | deliver "$work/one"
	flagged RO 200 2 | deliver "$work/two"
	cat "$work/one" "$work/two" | mailbox_is
	open_transaction
	ask 'DELE 2' '+OK message 2 deleted'
	sed -i 's/^Status: O$/Status: RO/' "$work/one"
	sed -i 's/^Status: RO$/Status: O/' "$work/two"
	cat "$work/one" "$work/two" >"$mailbox"
	ask QUIT '+OK dewey POP3 server signing off (1 message left)'
	hang_up
	assert_left one
}

@test "on a long walk of readers that rewrite the mailbox between commands no message is lost or merged" {
	words
	python3 "$walks/reader_walk.py" 1 150 "$mailbox" "${run[@]}" 2>"$log"
}
