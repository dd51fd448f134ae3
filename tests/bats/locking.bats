# The locks of a mailbox and of a session, and stale dotlocks.
load ../lib/common
load ../lib/network

# hold KIND: another program takes a lock of the mailbox until release.
hold() {
	python3 "$tools/lock.py" hold "$1" "$mailbox" "$work/until" 3>&- &
	holder=$!
	pids+=("$holder")
	await test -e "$work/until.held"
}

release() {
	touch "$work/until"
	wait "$holder"
	rm "$work/until" "$work/until.held"
}

# preload NAME...: has the handler begin with these of tests/preload.
preload() {
	local name

	product_only
	preloaded=
	for name; do
		build_preload "$name"
		preloaded=${preloaded:+$preloaded:}$work/$name.so
	done
	as_reader=(env "LD_PRELOAD=$preloaded" "${as_reader[@]}")
}

# die_at N: a session that dies when it has its N-th dotlock, which stays.
die_at() {
	local run

	words
	printf '%s\r\n' 'USER mrose' 'PASS secret' 'DELE 1' QUIT |
		env DIE_AT="$1" "${run[@]}" >"$replies" 2>"$log" || :
	[ -e "$mailbox.lock" ]
}

# removes_dotlock_under KIND: a session removes the stale dotlock while another
# program waits for it with that lock, as dovecot-lda does. $heard is PASS's
# answer.
removes_dotlock_under() {
	hold "$1"
	open_session
	ask 'USER mrose' '+OK mrose'
	say 'PASS secret'
	await test ! -e "$mailbox.lock"
	release
	hear
}

# The file of the session lock, by device and inode, as a dotlock has it.
session_lock() {
	stat -c %d:%i "$work"/state/*mrose
}

can_take() {
	python3 "$tools/lock.py" try "$1" "$mailbox"
}

assert_in_use() {
	local options=("${options[@]}" --session-wait=0)

	session 'USER mrose' 'PASS secret' 'DELE 1' QUIT
	assert_reply 2 '-ERR [IN-USE] another mail program is reading this mailbox; please try again in a minute'
	assert_reply 3 '-ERR not in this state'
	assert_reply 4 '+OK dewey POP3 server signing off'
	assert_ended 0
}

# Another program has the mailbox.
assert_locked() {
	session 'USER mrose' 'PASS secret' 'DELE 1' QUIT
	assert_reply 2 '-ERR [IN-USE] this mailbox is locked on the server; please try again in a minute'
	assert_count 2
	assert_ended 0
}

# --- the session lock --------------------------------------------------------

@test "a second session is refused with [IN-USE] (RFC 2449 section 8.1.2)" {
	mailbox_of 120 200
	remember_mailbox
	open_transaction
	assert_in_use
	ask STAT '+OK 2 320'
	hang_up
	assert_mailbox_untouched
}

@test "[IN-USE] comes at once without --session-wait: the first session, of ten seconds, is still there (RFC 2449 section 8.1.2)" {
	mailbox_of 120
	open_transaction --idle-timeout=10
	assert_in_use
	ask NOOP '+OK'
	hang_up
}

@test "[IN-USE] comes after three seconds, and before clients give up: the first session, of thirty, is still there" {
	mailbox_of 120
	open_transaction --idle-timeout=30
	session 'USER mrose' 'PASS secret' QUIT
	assert_reply 2 '-ERR [IN-USE] another mail program is reading this mailbox; please try again in a minute'
	ask NOOP '+OK'
	hang_up
}

@test "a second session waits for the first one to end" {
	local second=$work/second

	mailbox_of 120 200
	open_transaction
	words --session-wait=60
	printf '%s\r\n' 'USER mrose' 'PASS secret' STAT QUIT |
		"${run[@]}" >"$second" 2>"$work/second-log" 3>&- &
	pids+=($!)
	while ! grep -q '^pop3-handler: login: ' "$work/second-log"; do
		sleep 0.01
	done
	ask 'DELE 1' '+OK message 1 deleted'
	ask QUIT '+OK dewey POP3 server signing off (1 message left)'
	wait "${pids[-1]}"
	grep -q $'^+OK 1 200\r$' "$second"
}

@test "after [IN-USE] the client may log in again on the same connection (RFC 1939 section 4)" {
	account jdoe
	mailbox_of 120
	open_transaction
	options+=(--session-wait=0)
	session 'USER mrose' 'PASS secret' 'USER mrose' 'PASS wrong' \
		'USER jdoe' 'PASS secret' STAT QUIT
	assert_reply 2 '-ERR [IN-USE] another mail program is reading this mailbox; please try again in a minute'
	assert_reply 4 '-ERR [AUTH] user name or password is wrong'
	assert_reply 6 "+OK jdoe's maildrop has 0 messages (0 octets)"
	assert_reply 7 '+OK 0 0'
	hang_up
}

@test "whoever meets [IN-USE] ten times has to call again" {
	local n commands=()

	mailbox_of 120
	open_transaction
	options+=(--session-wait=0)
	for ((n = 0; n < 11; n++)); do
		commands+=('USER mrose' 'PASS secret')
	done
	session "${commands[@]}"
	assert_count 20
	assert_reply 20 '-ERR [IN-USE] another mail program is still reading this mailbox; please log in again in some minutes'
	hang_up
}

@test "an empty and a missing maildrop are locked, too (RFC 1939 section 4)" {
	open_transaction
	assert_in_use
	hang_up
	mailbox_is </dev/null
	open_transaction
	assert_in_use
	hang_up
}

@test "the lock is had before PASS says +OK (RFC 1939 section 4)" {
	mailbox_of 120
	open_session
	ask 'USER mrose' '+OK mrose'
	# no lock before PASS
	transaction QUIT
	ask 'PASS secret' "+OK mrose's maildrop has 1 message (120 octets)"
	assert_in_use
	hang_up
}

@test "a session in use is a refusal to the owner alone: a wrong password is told nothing" {
	mailbox_of 120
	open_transaction
	session 'USER mrose' 'PASS wrong' QUIT
	assert_reply 2 '-ERR [AUTH] user name or password is wrong'
	hang_up
}

@test "the lock is gone after QUIT (RFC 1939 section 6)" {
	mailbox_of 120
	transaction QUIT
	transaction QUIT
}

@test "the lock is gone after a disconnect (RFC 1939 section 6)" {
	mailbox_of 120
	open_transaction
	assert_in_use
	hang_up
	transaction QUIT
}

@test "the lock is gone after a SIGKILL" {
	mailbox_of 120
	open_transaction
	assert_in_use
	kill -9 "$pid"
	wait "$pid" || :
	transaction STAT QUIT
	assert_reply 1 '+OK 1 120'
}

@test "the lock is gone after [IN-USE] was said" {
	mailbox_of 120
	open_transaction
	assert_in_use
	assert_in_use
	hang_up
	transaction QUIT
}

@test "the sessions of two accounts do not meet" {
	account jdoe
	mailbox_of 120
	message 200 | deliver "$work/mail/jdoe"
	open_transaction
	session 'USER jdoe' 'PASS secret' STAT QUIT
	assert_reply 3 '+OK 1 200'
	ask STAT '+OK 1 120'
	hang_up
}

@test "two names of one maildrop have one lock" {
	account jdoe
	mkdir "$work/home"
	message 120 | deliver "$work/home/mbox"
	open_transaction --maildrop=%h/mbox
	options+=(--maildrop=%h/mbox)
	session 'USER jdoe' 'PASS secret' QUIT
	assert_reply 2 '-ERR [IN-USE] another mail program is reading this mailbox; please try again in a minute'
	hang_up
}

# assert_one_lock TEMPLATE...: each names the mailbox of $work/mail.
assert_one_lock() {
	local template

	for template; do
		open_transaction
		options=(--maildrop="$template")
		assert_in_use
		options=()
		hang_up
	done
}

@test "two paths of one mailbox have one lock: links, double slashes, dots" {
	mailbox_of 120
	ln -s mail "$work/relative"
	ln -s "$work/mail" "$work/absolute"
	ln -s absolute "$work/twice"
	ln -s "$work" "$work/above"
	assert_one_lock "$work/relative/%u" "$work/absolute/%u" \
		"$work/twice/%u" "$work/above/above/mail/%u" \
		"$work//mail///%u" "$work/./mail/./%u" \
		"$work/mail/../mail/%u" "$work/above/mail/../relative/%u"
}

@test "a link of a user's does not lead to the state of another mailbox" {
	root_only
	account jdoe
	mailbox_of 120
	mkdir "$work/users"
	ln -s "$work/mail" "$work/users/link"
	chown -h 59998:59998 "$work/users/link"
	open_transaction
	options=(--maildrop="$work/users/link/mrose")
	session 'USER jdoe' 'PASS secret' QUIT
	assert_accepted 2
	hang_up
	[ -e "$work/state/${work//\//!}!users!link!mrose" ]
}

@test "links that lead round in circles, or nowhere, name the mailbox as they are" {
	ln -s round "$work/around"
	ln -s around "$work/round"
	ln -s nowhere "$work/dangling"
	for template in around dangling missing; do
		session_of "$template"
	done
}

session_of() {
	options=(--maildrop="$work/$1/%u")
	session 'USER mrose' 'PASS secret' QUIT
	assert_reply 2 '-ERR [SYS/TEMP] maildrop cannot be opened now'
	options=()
}

@test "a mailbox with a long path is served, and locked" {
	local long

	printf -v long '/%060d' 1 2 3 4 5 6
	mkdir -p "$work/mail$long"
	own "$work/mail$long"
	mailbox=$work/mail$long/mrose
	mailbox_of 120
	options=(--maildrop="$work/mail$long/%u")
	open_transaction
	assert_in_use
	ask STAT '+OK 1 120'
	hang_up
}

# --- the spool lock ----------------------------------------------------------

@test "while a client idles the spool is free for delivery, by every kind of lock" {
	mailbox_of 120
	open_transaction
	can_take fcntl
	can_take flock
	can_take dotlock
	ask 'RETR 1' '+OK 120 octets'
	can_take fcntl
	can_take flock
	can_take dotlock
	hang_up
}

@test "after the session the spool is free, by every kind of lock" {
	mailbox_of 120 200
	transaction 'DELE 1' QUIT
	can_take fcntl
	can_take flock
	can_take dotlock
	[ ! -e "$mailbox.lock" ]
}

# A delivery that is under way when the client logs in is waited for, and what
# it delivers is seen.
delivery_under_way() {
	local session

	new_work
	mailbox_of 120
	hold "$1"
	session 'USER mrose' 'PASS secret' STAT QUIT &
	session=$!
	await test -e "$work/state"
	sleep 0.5
	message 200 2 | deliver
	release
	wait "$session"
	sort_replies 'USER mrose' 'PASS secret' STAT QUIT
	assert_reply 3 '+OK 2 320'
}

@test "a delivery under way is waited for, by fcntl, flock or dotlock (RFC 1939 section 4)" {
	in_parallel delivery_under_way fcntl flock dotlock
}

# The same at QUIT.
delivery_at_quit() {
	new_work
	mailbox_of 120 200
	remember_mailbox
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	hold "$1"
	say QUIT
	sleep 0.5
	assert_mailbox_untouched
	message 99 3 | deliver
	release
	hear
	assert_equal "$heard" \
		'+OK dewey POP3 server signing off (1 message left)'
	hang_up
	transaction LIST
	assert_body 1 '1 200' '2 99'
}

@test "a delivery under way at QUIT is waited for and kept, by fcntl, flock or dotlock (RFC 1939 section 6)" {
	in_parallel delivery_at_quit fcntl flock dotlock
}

# What holds for longer than we wait.
held_for_long() {
	new_work
	mailbox_of 120 200
	remember_mailbox
	case $1 in
	at-quit)
		open_transaction
		ask 'DELE 1' '+OK message 1 deleted'
		hold fcntl
		ask QUIT '-ERR [SYS/TEMP] some deleted messages not removed'
		hang_up
		release
		;;
	of-no-process)
		# another program's, of a process that is no more
		echo 2147483646 >"$mailbox.lock"
		assert_locked
		[ -e "$mailbox.lock" ]
		;;
	of-twenty-minutes)
		touch -d '20 minutes ago' "$mailbox.lock"
		assert_locked
		[ -e "$mailbox.lock" ]
		;;
	of-closed-directory)
		: >"$mailbox.lock"
		chmod 555 "$work/mail"
		assert_locked
		chmod 755 "$work/mail"
		;;
	shared|jumped|private)
		# older than this boot, or so it seems
		: >"$mailbox.lock"
		sleep 0.1
		preload rebooted
		REBOOTED=$1 assert_locked
		[ -e "$mailbox.lock" ]
		;;
	of-other-host|ours-of-other-host)
		# it is so, where this host exports the directory
		case $1 in
		of-*) echo 4711:another ;;
		*) echo "1
pop3-handler another 00000000000000000000000000000000 1:2" ;;
		esac >"$mailbox.lock"
		sleep 0.1
		preload rebooted
		assert_locked
		[ -e "$mailbox.lock" ]
		;;
	of-other-clock)
		: >"$mailbox.lock"
		preload ahead_of_files
		assert_locked
		[ -e "$mailbox.lock" ]
		;;
	*)
		hold "$1"
		assert_locked
		release
		;;
	esac
	assert_mailbox_untouched
}

@test "a lock that another program holds for long is respected, with [IN-USE] (RFC 2449 section 8.1.2)" {
	in_parallel held_for_long fcntl flock dotlock of-no-process \
		of-twenty-minutes of-closed-directory shared jumped private \
		of-other-host ours-of-other-host of-other-clock at-quit
}

# What the log says of a lock that was not to be had.
told_of() {
	local by='.*/mrose is locked by another program: '
	local since='[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} UTC'

	new_work
	mailbox_of 120
	case $1 in
	fcntl|flock|dotlock)
		hold "$1"
		assert_locked
		release
		;;
	both)
		hold fcntl
		printf '4711:dewey\n' >"$mailbox.lock"
		assert_locked
		release
		;;
	esac
	case $1 in
	fcntl) assert_logged "${by}fcntl lock of process $holder, for 20 s at\
 least" ;;
	flock) assert_logged "${by}flock lock, for 20 s at least" ;;
	dotlock) assert_logged "${by}dotlock .*/mrose\.lock, since $since: remove\
 it if that program is gone" ;;
	both) assert_logged "${by}fcntl lock of process $holder, for 20 s at\
 least; dotlock .*/mrose\.lock of process 4711, since $since: remove it if that\
 program is gone" ;;
	esac
}

@test "who has the lock is told: which lock, of which process, since when" {
	in_parallel told_of fcntl flock dotlock both
}

@test "a dotlock that another program left an hour ago is removed" {
	mailbox_of 120
	touch -d '1 hour ago' "$mailbox.lock"
	own "$mailbox.lock"
	transaction STAT QUIT
	assert_reply 1 '+OK 1 120'
	[ ! -e "$mailbox.lock" ]
	assert_logged 'removing stale lock .*/mrose.lock'
}

# A session that is scanning, a hole that takes some seconds, and has the lock.
scan_slowly() {
	mailbox_of 120
	cp -p "$mailbox" "$work/small"
	truncate -s 4G "$mailbox"
	open_session
	ask 'USER mrose' '+OK mrose'
	say 'PASS secret'
	await test -e "$mailbox.lock"
}

@test "the dotlock of a killed session is removed by the next" {
	scan_slowly
	kill -9 "$pid"
	wait "$pid" || :
	[ -e "$mailbox.lock" ]
	cat "$work/small" >"$mailbox"
	transaction STAT QUIT
	assert_reply 1 '+OK 1 120'
	[ ! -e "$mailbox.lock" ]
	assert_logged 'removing stale lock .*/mrose.lock'
}

@test "a dotlock of ours is nobody's, whoever has its process id now" {
	mailbox_of 120
	printf '1\npop3-handler %s\n' "$(hostname)" >"$mailbox.lock"
	session 'USER mrose' 'PASS secret' QUIT
	assert_accepted 2
	assert_logged 'removing stale lock .*/mrose.lock'
	[ ! -e "$mailbox.lock" ]
}

@test "the dotlock of a killed session is removed, whoever waits for it with a lock of the kernel's" {
	scan_slowly
	kill -9 "$pid"
	wait "$pid" || :
	cat "$work/small" >"$mailbox"
	removes_dotlock_under fcntl
	assert_equal "$heard" "+OK mrose's maildrop has 1 message (120 octets)"
	hang_up
}

@test "the dotlock of a session of another state directory is not removed under it" {
	scan_slowly
	kill -STOP "$pid"
	session_of_other_state &
	sleep 1
	[ -e "$mailbox.lock" ]
	kill -CONT "$pid"
	hear
	hang_up
	wait $!
}

session_of_other_state() {
	log=$work/log2 replies=$work/replies2
	words
	printf 'USER mrose\r\nPASS secret\r\nQUIT\r\n' |
		"${run[@]}" --state="$work/state2" >"$replies" 2>"$log"
	refute grep 'stale' "$log"
}

@test "a dotlock of before a power cut is removed: empty, an agent's, or that of a host that had another name" {
	local content

	preload rebooted
	mailbox_of 120
	transaction QUIT
	for content in '' '1\n' "4711:$(hostname)\n" \
		"1\npop3-handler another $(printf '%032d' 0) $(session_lock)\n"
	do
		printf "$content" >"$mailbox.lock"
		sleep 0.1
		transaction STAT QUIT
		assert_reply 1 '+OK 1 120'
		assert_logged 'removing stale lock .*/mrose.lock'
		[ ! -e "$mailbox.lock" ]
	done
}

@test "one of before a power cut is removed, whoever waits for it with a lock of the kernel's" {
	preload rebooted
	mailbox_of 120
	: >"$mailbox.lock"
	removes_dotlock_under fcntl
	hang_up
}

@test "one that names the session lock of this host is, too, where nobody can tell the boot's time" {
	mailbox_of 120 200
	transaction 'DELE 1' QUIT
	printf '1\npop3-handler %s %032d %s\n' "$(hostname)" 0 \
		"$(session_lock)" >"$mailbox.lock"
	removes_dotlock_under fcntl
	hang_up
}

@test "--recover removes the dotlock of a session that was killed" {
	scan_slowly
	kill -9 "$pid"
	wait "$pid" || :
	cat "$work/small" >"$mailbox"
	converse --recover </dev/null
	assert_ended 0
	assert_logged 'removing stale lock .*/mrose.lock'
	[ ! -e "$mailbox.lock" ]
}

@test "--recover removes one of before a power cut, after an update that was done" {
	mailbox_of 120 200
	transaction 'DELE 1' QUIT
	preload rebooted
	: >"$mailbox.lock"
	sleep 0.1
	converse --recover </dev/null
	assert_ended 0
	assert_logged 'removing stale lock .*/mrose.lock'
	[ ! -e "$mailbox.lock" ]
}

@test "--recover leaves an agent's dotlock alone, and does not wait for it" {
	mailbox_of 120 200
	transaction 'DELE 1' QUIT
	: >"$mailbox.lock"
	converse --recover </dev/null
	assert_ended 0
	[ -e "$mailbox.lock" ]
	refute grep -q 'is locked by' "$log"
}

# The calls that make the dotlock of QUIT.
trace_dotlock() {
	local run

	mailbox_of 120 200
	words
	printf '%s\r\n' 'USER mrose' 'PASS secret' 'DELE 1' QUIT |
		strace -s 99 -o "$work/calls" -e "$1" "${run[@]}" \
		>"$replies" 2>"$log"
	tail -n 1 "$replies" | grep -q '(1 message left)'
}

@test "the content of UPDATE's dotlock is of its time, and on the disk before its name is" {
	product_only
	trace_dotlock pwrite64,fsync,fdatasync,linkat
	# written when it is made, at the login, and again
	awk -F '[(,/" ]+' '
	/^pwrite64.*pop3-handler [^ ]+ [0-9a-f]+ [0-9]+:[0-9]+\\n/ {
		writes++
		is_synced = 0
		draft = $2
	}
	/^f(data)?sync/ && $2 + 0 == draft { is_synced = 1 }
	/^linkat/ {
		links++
		good = writes == 2 && is_synced
		writes = 0
	}
	END { exit !(links == 2 && good) }' "$work/calls" ||
		fail "$(cat "$work/calls")"
}

# What the handler does to the dotlock at login and at QUIT, under strace.
@test "a file system without nameless files has dotlocks all the same" {
	preload no_tmpfile
	trace_dotlock unlinkat,linkat
	# only root's strace can read the names
	assert_equal "$(grep -c '^linkat(.* = 0' "$work/calls")" 2
	assert_equal "$(grep -c '^unlinkat(.* = 0' "$work/calls")" 3
	assert_equal "$(ls "$work/mail")" mrose
}

# dies_and_returns N: what a session leaves that dies with its N-th dotlock.
dies_and_returns() {
	new_work
	mailbox_of 120 200
	die_at "$1"
	transaction STAT QUIT
	assert_reply 1 '+OK 2 320'
	assert_equal "$(ls "$work/mail")" mrose
}

@test "there, too, the dotlock of a session that was killed is removed by the next" {
	preload no_tmpfile die_with_dotlock
	in_parallel dies_and_returns 1 2
}

# A session that is killed while it idles leaves a draft with a name.
leave_draft() {
	mailbox_of 120 200
	preload no_tmpfile
	open_transaction
	kill -9 "$pid"
	wait "$pid" || :
	assert_equal "$(ls "$work/mail" | wc -l)" 2
}

# The next finds one, or makes files without a name.
draft_goes() {
	local before=("${as_reader[@]}")

	new_work
	leave_draft
	[ "$1" = named ] || as_reader=("${before[@]}")
	transaction QUIT
	assert_equal "$(ls "$work/mail")" mrose
}

@test "the draft of a dotlock that a killed session left is removed by the next" {
	in_parallel draft_goes named nameless
}

@test "the draft of a session of another state directory is not touched" {
	mailbox_of 120 200
	preload no_tmpfile
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	session_of_other_state
	ask QUIT '+OK dewey POP3 server signing off (1 message left)'
	hang_up
	assert_equal "$(ls "$work/mail")" mrose
}

@test "a full spool is no hindrance (as root)" {
	root_only
	in_private_system full_spool
}

fill_spool() {
	mount -t tmpfs -o size=64k,mode=2775,gid=8 small /var/mail
	{ echo "$from_line"; message 120 1; echo; } >"$mailbox"
	chown 2001:8 "$mailbox"
	refute dd if=/dev/zero of=/var/mail/other bs=4k 2>/dev/null
}

full_spool() {
	fill_spool
	printf 'USER mrose\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n' |
		/run/test/pop3-handler --log=stderr >/run/test/replies
	tail -n 1 /run/test/replies | grep '^+OK .*(maildrop empty)'
	[ ! -s "$mailbox" ]
}

@test "on a full spool, too, the dotlock of a session that was killed is removed by the next (as root)" {
	root_only
	preload die_with_dotlock
	in_private_system full_spool_and_death "$preloaded"
}

# dies_on_full_spool PRELOAD: an empty dotlock is left, and its draft.
dies_on_full_spool() {
	fill_spool
	printf 'USER mrose\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n' |
		DIE_AT=2 LD_PRELOAD=$1 \
		/run/test/pop3-handler --log=stderr || :
	[ -e /var/mail/mrose.lock ]
	[ ! -s /var/mail/mrose.lock ]
}

deletes_all() {
	printf 'USER mrose\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n' |
		/run/test/pop3-handler --log=stderr >/run/test/replies
	tail -n 1 /run/test/replies | grep '^+OK .*(maildrop empty)'
}

full_spool_and_death() {
	dies_on_full_spool "$1"
	deletes_all
	assert_equal "$(ls /var/mail)" $'mrose\nother'
}

@test "and so it is once there is room again (as root)" {
	root_only
	preload die_with_dotlock
	in_private_system room_after_death "$preloaded"
}

room_after_death() {
	dies_on_full_spool "$1"
	rm /var/mail/other
	deletes_all
	assert_equal "$(ls /var/mail)" mrose
}

@test "and by --recover (as root)" {
	root_only
	preload die_with_dotlock
	in_private_system recovery_after_death "$preloaded"
}

recovery_after_death() {
	dies_on_full_spool "$1"
	rm /var/mail/other
	/run/test/pop3-handler --recover --log=stderr
	assert_equal "$(ls /var/mail)" mrose
}

@test "a spool without room for one more file is no hindrance (as root)" {
	root_only
	in_private_system spool_without_inodes
}

spool_without_inodes() {
	mount -t tmpfs -o nr_inodes=2,mode=2775,gid=8 small /var/mail
	{ echo "$from_line"; message 120 1; echo; } >"$mailbox"
	chown 2001:8 "$mailbox"
	refute touch /var/mail/other 2>/dev/null
	printf 'USER mrose\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n' |
		/run/test/pop3-handler --log=stderr >/run/test/replies \
		2>/run/test/stderr
	tail -n 1 /run/test/replies | grep '^+OK .*(maildrop empty)'
	[ ! -s "$mailbox" ]
	assert_equal "$(grep -c 'no dotlock for /var/mail/mrose: No space' \
		/run/test/stderr)" 1
}

@test "a spool directory in which no dotlock can be made is no hindrance, which is told of once" {
	mailbox_of 120 200
	chmod 555 "$work/mail"
	transaction 'DELE 1' QUIT
	assert_reply 2 '+OK dewey POP3 server signing off (1 message left)'
	assert_logged 'no dotlock for .*/mrose: Permission denied: the service user must be .*; going on with fcntl and flock'
	assert_equal "$(grep -c 'no dotlock' "$log")" 1
	chmod 755 "$work/mail"
}

@test "a dotlock that somebody touched is still ours to remove" {
	scan_slowly
	chmod 600 "$mailbox.lock"
	hear
	[ ! -e "$mailbox.lock" ]
	hang_up
}

@test "a dotlock that has become another's is not removed" {
	scan_slowly
	rm "$mailbox.lock"
	echo agent >"$mailbox.lock"
	hear
	hang_up
	assert_equal "$(cat "$mailbox.lock")" agent
}

@test "a stale dotlock that became another's while we looked is not removed" {
	product_only
	build_preload replaced_dotlock
	mailbox_of 120
	printf '1\npop3-handler %s\n' "$(hostname)" >"$mailbox.lock"
	words
	printf '%s\r\n' 'USER mrose' 'PASS secret' QUIT |
		env LD_PRELOAD="$work/replaced_dotlock.so" "${run[@]}" \
		>"$replies" 2>"$log" || :
	grep -q 'IN-USE' "$replies"
	assert_equal "$(cat "$mailbox.lock")" agent
}

@test "a stale dotlock that cannot be removed is told of once (as root)" {
	root_only
	mailbox_of 120
	touch -d '1 hour ago' "$mailbox.lock"
	chown 0:0 "$mailbox.lock" "$work/mail"
	chmod 1777 "$work/mail"
	session 'USER mrose' 'PASS secret' QUIT
	assert_reply 2 '-ERR [IN-USE] this mailbox is locked on the server; please try again in a minute'
	assert_equal "$(grep -c 'stale lock' "$log")" 1
	assert_logged 'cannot remove stale lock .*/mrose.lock: .*'
}

@test "a mailbox that is as the last session found it is served while another program has its lock" {
	mailbox_of 120 200
	touch -d '1 minute ago' "$mailbox"
	sleep 0.1
	transaction QUIT
	hold dotlock
	transaction STAT QUIT
	assert_reply 1 '+OK 2 320'
	release
}

@test "one that is not waits for the lock" {
	mailbox_of 120 200
	sleep 0.1
	transaction QUIT
	message 100 3 | deliver
	hold dotlock
	assert_locked
	release
}
