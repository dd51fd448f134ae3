load common

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
	chgrp 65534 "$mailbox"
	assert_unusable
	assert_logged 'refusing mailbox .*: belongs to another user'
	assert_mailbox_untouched
}

@test "a mailbox that everybody may write to is refused" {
	mailbox_of 120
	remember_mailbox
	chmod 666 "$mailbox"
	assert_unusable
	assert_logged 'refusing mailbox .*: everybody may write to it'
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
	assert_reply 2 '-ERR [IN-USE] maildrop is in use'
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

@test "a state file that is a symbolic link is not followed" {
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
