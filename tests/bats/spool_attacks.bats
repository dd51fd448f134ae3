# Mailboxes and directories that another user has prepared.
load ../lib/common

# assert_unusable: login ends in [SYS/PERM], at once and for good.
assert_unusable() {
	session 'USER mrose' 'PASS secret' 'RETR 1' 'DELE 1' QUIT
	assert_reply 2 '-ERR [SYS/PERM] maildrop cannot be used, please tell the postmaster'
	assert_count 2
}

@test "a mailbox that is a symbolic link is refused" {
	message 120 | deliver "$work/victim"
	cp "$work/victim" "$work/remembered"
	ln -s "$work/victim" "$mailbox"
	assert_unusable
	assert_logged 'refusing mailbox .*: is a symbolic link'
	cmp "$work/victim" "$work/remembered"
}

@test "a mailbox that is a symbolic link to nothing is refused, and nothing made" {
	ln -s "$work/victim" "$mailbox"
	assert_unusable
	[ ! -e "$work/victim" ]
}

@test "a mailbox with a second name is refused" {
	message 120 | deliver "$work/victim"
	cp "$work/victim" "$work/remembered"
	ln "$work/victim" "$mailbox"
	assert_unusable
	cmp "$work/victim" "$work/remembered"
}

@test "a mailbox that is a FIFO is refused without waiting" {
	mkfifo "$mailbox"
	own "$mailbox"
	assert_unusable
}

@test "a mailbox that is a directory is refused" {
	mkdir "$mailbox"
	own "$mailbox"
	assert_unusable
}

@test "a mailbox that is a socket is refused" {
	python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$mailbox"
	own "$mailbox"
	assert_unusable
}

@test "a mailbox that is a device is refused (as root)" {
	root_only
	mknod "$mailbox" c 1 3 || skip 'cannot make devices'
	own "$mailbox"
	assert_unusable
}

@test "a mailbox of another user is refused (as root)" {
	root_only
	mailbox_of 120
	remember_mailbox
	chown 65533 "$mailbox"
	chmod 660 "$mailbox"
	chgrp 59999 "$mailbox"
	assert_unusable
	assert_logged 'refusing mailbox .*: belongs to another user: uid 65533, and not 59999: chown it'
	assert_mailbox_untouched
	# and where it cannot even be opened
	chmod 600 "$mailbox"
	assert_unusable
	assert_logged 'refusing mailbox .*: belongs to another user: uid 65533, and not 59999: chown it'
}

@test "a mailbox that its owner may not read is refused, with its mode" {
	mailbox_of 120
	chmod 200 "$mailbox"
	assert_unusable
	assert_logged 'refusing mailbox .*: its owner may not read and write it: mode 200'
}

@test "a mailbox that everybody may write to is refused" {
	mailbox_of 120
	remember_mailbox
	chmod 666 "$mailbox"
	assert_unusable
	assert_logged 'refusing mailbox .*: everybody may write to it: chmod o-w it'
	assert_mailbox_untouched
}

@test "a mailbox that its group may write to is served, as Debian's are" {
	mailbox_of 120
	chmod 660 "$mailbox"
	transaction STAT
	assert_reply 1 '+OK 1 120'
}

@test "a mailbox that its owner may not write to is refused" {
	mailbox_of 120
	chmod 400 "$mailbox"
	assert_unusable
}

@test "a mailbox that becomes a symbolic link during the session is left alone" {
	mailbox_of 120 200
	remember_mailbox
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	mv "$mailbox" "$work/victim"
	ln -s "$work/victim" "$mailbox"
	ask QUIT '-ERR [SYS/TEMP] some deleted messages not removed'
	hang_up
	cmp "$work/victim" "$work/remembered"
}

@test "a mailbox that gets a second name during the session is left alone" {
	mailbox_of 120 200
	remember_mailbox
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	ln "$mailbox" "$work/second"
	ask QUIT '-ERR [SYS/TEMP] some deleted messages not removed'
	hang_up
	assert_mailbox_untouched
}

# symbolic_dotlock AGE: "old" would be stale, were it a file.
symbolic_dotlock() {
	new_work
	mailbox_of 120 200
	remember_mailbox
	ln -s "$work/victim" "$mailbox.lock"
	if [ "$1" != dangling ]; then
		echo precious >"$work/victim"
		own "$work/victim"
	fi
	if [ "$1" = old ]; then
		touch -h -d '2001-01-01' "$mailbox.lock"
		touch -d '2001-01-01' "$work/victim"
	fi
	session 'USER mrose' 'PASS secret' 'DELE 1' QUIT
	assert_reply 2 '-ERR [IN-USE] this mailbox is locked on the server; please try again in a minute'
	assert_mailbox_untouched
	[ -L "$mailbox.lock" ]
	if [ "$1" = dangling ]; then
		[ ! -e "$work/victim" ]
	else
		assert_equal "$(cat "$work/victim")" precious
	fi
}

@test "a dotlock that is a symbolic link is not followed, nor removed" {
	in_parallel symbolic_dotlock new old dangling
}

@test "a control file that is a symbolic link is not followed" {
	local file

	mailbox_of 120 120
	transaction QUIT
	echo precious >"$work/victim"
	own "$work/victim"
	for file in "$work"/state/*; do
		rm "$file"
		ln -s "$work/victim" "$file"
	done
	session 'USER mrose' 'PASS secret' QUIT
	[[ ${reply[2]} == '-ERR [SYS/TEMP] '* ]]
	assert_ended 111
	assert_equal "$(cat "$work/victim")" precious
}

@test "a spool directory behind a symbolic link is the operator's choice" {
	mailbox_of 120
	mv "$work/mail" "$work/real"
	ln -s real "$work/mail"
	transaction 'DELE 1' QUIT
	assert_reply 2 '+OK dewey POP3 server signing off (maildrop empty)'
	assert_equal "$(ls "$work/real")" mrose
}

# A session that has opened the mailbox and waits for the lock of another
# program, which does this to the mailbox and gives the lock back.
replaced_by() {
	mailbox_of 120
	: >"$mailbox.lock"
	open_session
	ask 'USER mrose' '+OK mrose'
	say 'PASS secret'
	sleep 0.5
	"$@"
	rm "$mailbox.lock"
	hear
}

another_file() {
	message 99 1 | deliver "$work/new"
	mv "$work/new" "$mailbox"
}

a_link() {
	mv "$mailbox" "$work/elsewhere"
	ln -s "$work/elsewhere" "$mailbox"
}

another_link() {
	ln "$mailbox" "$work/second"
}

no_file() {
	rm "$mailbox"
}

@test "a mailbox replaced while we wait for its lock is opened again" {
	replaced_by another_file
	assert_equal "$heard" "+OK mrose's maildrop has 1 message (99 octets)"
	hang_up
}

@test "a mailbox that becomes a link while we wait for its lock is refused" {
	replaced_by a_link
	[[ $heard == '-ERR [SYS/PERM] '* ]]
	finish_session
	assert_logged 'refusing mailbox .*: is a symbolic link'
}

@test "a mailbox that gets a second name while we wait for its lock is refused" {
	replaced_by another_link
	[[ $heard == '-ERR [SYS/PERM] '* ]]
	finish_session
	assert_logged 'refusing mailbox .*: has more than one link'
}

@test "a mailbox that goes while we wait for its lock is empty" {
	replaced_by no_file
	assert_equal "$heard" "+OK mrose's maildrop has 0 messages (0 octets)"
	hang_up
}

strange_dotlock() {
	new_work
	mailbox_of 120
	"$1" "$mailbox.lock"
	touch -d '1 hour ago' "$mailbox.lock"
	session 'USER mrose' 'PASS secret'
	assert_reply 2 '-ERR [IN-USE] this mailbox is locked on the server; please try again in a minute'
	[ -d "$mailbox.lock" ] || [ -p "$mailbox.lock" ]
}

@test "a dotlock that is a directory or a FIFO is a lock, and not removed" {
	in_parallel strange_dotlock mkdir mkfifo
}
