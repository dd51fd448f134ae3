# What is logged, where, and what never is.
load ../lib/common
load ../lib/network

# The whole log, with the seconds as S.
assert_log() {
	sed -E 's/ seconds=[0-9]+\.[0-9]{3} / seconds=S /' "$log" |
		diff - <(printf 'pop3-handler: %s\n' "$@") >&2 ||
		fail 'the log is another'
}

@test "a login is one line: who, and from where" {
	transaction
	assert_logged 'login: client=local user=mrose'
}

@test "a session is one line: who, how much, how long, and why it ended" {
	mailbox_of 120 200 99
	transaction 'RETR 1' 'RETR 2' 'DELE 1' QUIT
	assert_log "login: client=local user=mrose" \
		"session: client=local user=mrose retrieved=2 retrieved_octets=320 top=0 top_octets=0 deleted=1 deleted_octets=120 left=2 left_octets=299 seconds=S reason=quit tls=none"
}

@test "a session without a login is one line" {
	session QUIT
	assert_log "session: client=local user=- retrieved=0 retrieved_octets=0 top=0 top_octets=0 deleted=0 deleted_octets=0 left=0 left_octets=0 seconds=S reason=quit tls=none"
}

@test "a message retrieved twice counts twice, and what TOP sent apart" {
	mailbox_of 120
	transaction 'RETR 1' 'TOP 1 0' 'RETR 1' 'TOP 1 99999999' QUIT
	assert_logged 'session: .* retrieved=2 retrieved_octets=240 top=2 top_octets=134 .*'
}

@test "a refused login is one line, before that of the session" {
	session 'USER mrose' 'PASS wrong' QUIT
	assert_log 'refused: client=local user=mrose reason=auth' \
		"session: client=local user=- retrieved=0 retrieved_octets=0 top=0 top_octets=0 deleted=0 deleted_octets=0 left=0 left_octets=0 seconds=S reason=quit tls=none"
}

@test "a disconnect is told with what was retrieved, and deletes nothing" {
	mailbox_of 120 200
	transaction 'RETR 2' 'DELE 1'
	assert_log "login: client=local user=mrose" \
		"session: client=local user=mrose retrieved=1 retrieved_octets=200 top=0 top_octets=0 deleted=0 deleted_octets=0 left=2 left_octets=320 seconds=S reason=disconnected tls=none"
}

@test "a maildrop in use is told" {
	mailbox_of 120
	open_transaction
	log=$work/second-log
	session 'USER mrose' 'PASS secret' QUIT
	assert_log "login: client=local user=mrose" \
		"refused: client=local user=mrose reason=in-use" \
		"session: client=local user=mrose retrieved=0 retrieved_octets=0 top=0 top_octets=0 deleted=0 deleted_octets=0 left=0 left_octets=0 seconds=S reason=in-use tls=none"
	hang_up
}

@test "a maildrop that cannot be used is told, with what is wrong" {
	echo 'no mbox' | mailbox_is
	session 'USER mrose' 'PASS secret'
	assert_log "login: client=local user=mrose" \
		"refusing mailbox $mailbox: not an mbox: no From_ line at its start: move it away" \
		"session: client=local user=mrose retrieved=0 retrieved_octets=0 top=0 top_octets=0 deleted=0 deleted_octets=0 left=0 left_octets=0 seconds=S reason=unusable tls=none"
}

@test "an update that failed is told, and counts nothing as deleted" {
	mailbox_of 120 200
	open_transaction
	ask 'DELE 1' '+OK message 1 deleted'
	rm "$mailbox"
	say QUIT
	hear
	hang_up
	assert_logged 'session: .* deleted=0 deleted_octets=0 left=2 left_octets=320 .* reason=not-removed tls=none'
}

@test "a refused name is sanitised: nothing in it looks like a field" {
	session 'USER a=b;reason=none,"x"' 'PASS wrong'
	assert_logged 'refused: client=local user=a\?b\?reason\?none\?\?x\? reason=auth'
}

@test "whatever a client says, the log is whole lines of printable ASCII" {
	mailbox_of 120
	words
	python3 "$hostile/random_input.py" "${run[@]}" 2>"$log"
	assert_equal "$(wc -l <"$log")" 2
	session $'USER m\x1b[2J\r\nx' $'PASS a\x1b' $'USER \xff' \
		"USER $(head -c 248 /dev/zero | tr '\0' m)" 'PASS wrong' || :
	refute grep -aP '[^\x20-\x7e]' "$log"
	assert_equal "$(grep -c '^pop3-handler: refused: ' "$log")" 1
	assert_equal "$(wc -l <"$log")" 2
}

@test "no password is ever logged" {
	mailbox_of 120
	session 'PASS hunter2' 'USER mrose' 'PASS hunter2' 'USER hunter3' \
		'PASS secret hunter2' 'PASS hunter2' \
		"PASS hunter2$(head -c 300 /dev/zero | tr '\0' x)" \
		'USER mrose' 'PASS secret' 'PASS hunter2' 'hunter2' QUIT
	assert_accepted 9
	refute grep -e hunter2 -e secret "$log"
	grep -q hunter3 "$log"
}

# quit_over_tcp ADDRESS LISTENING-ADDRESS
quit_over_tcp() {
	local run

	words
	printf 'QUIT\r\n' |
		python3 "$clients/over_tcp.py" "$1" "$2" "${run[@]}" 2>"$log"
}

@test "the client's address is told, of IPv4" {
	quit_over_tcp 127.0.0.1 127.0.0.1
	assert_logged 'session: client=127\.0\.0\.1 user=- .* reason=quit tls=none'
}

@test "the client's address is told, of IPv6" {
	[ -e /proc/sys/net/ipv6/conf/lo/disable_ipv6 ] &&
		[ "$(cat /proc/sys/net/ipv6/conf/lo/disable_ipv6)" = 0 ] ||
		skip 'no IPv6 here'
	quit_over_tcp ::1 ::1
	assert_logged 'session: client=::1 user=- .* reason=quit tls=none'
}

@test "an IPv4 client of an IPv6 socket is told by its IPv4 address" {
	[ -e /proc/sys/net/ipv6/conf/lo/disable_ipv6 ] || skip 'no IPv6 here'
	quit_over_tcp 127.0.0.1 ::
	assert_logged 'session: client=127\.0\.0\.1 user=- .* reason=quit tls=none'
}

@test "what is logged to the journal or to syslog is not on standard error" {
	local target

	for target in journal syslog; do
		converse --log=$target < <(printf 'QUIT\r\n')
		[ ! -s "$log" ]
		assert_ended 0
	done
}

# --- syslogd, in a private system --------------------------------------------

# By its second word: a shell's command line has all of these functions.
find_syslogd() {
	local one words

	for one in /proc/[0-9]*; do
		mapfile -d '' words <"$one/cmdline" || continue
		if [[ ${words[1]-} == */collect-log ]]; then
			syslogd=${one#/proc/}
		fi
	done
}

# As a package's update does it: another process, another socket.
restart_syslogd() {
	find_syslogd
	kill "$syslogd"
	await gone "$syslogd"
	rm /dev/log
	python3 /run/test/collect-log /dev/log "$log" 3>&- &
	await test -S /dev/log
	await test -w /dev/log
}

gone() {
	[ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"
}

restarted_syslogd() {
	start_systemd-inetd
	dial_in
	restart_syslogd
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	assert_closed
	assert_noted 'session: client=127.0.0.1 user=mrose .* reason=quit tls=none'
}

@test "a syslogd that is restarted during a session gets the session's line (as root)" {
	root_only
	in_private_system restarted_syslogd
}

# fill_queue SOCKET
fill_queue() {
	python3 - "$1" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.connect(sys.argv[1])
		s.setblocking(False)
		try:
		    while True:
		        s.send(b"x")
		except BlockingIOError:
		    pass
	END
}

stopped_syslogd() {
	start_systemd-inetd
	dial_in
	find_handler
	find_syslogd
	kill -STOP "$syslogd"
	fill_queue /dev/log
	say QUIT
	await gone "$handler"
	kill -CONT "$syslogd"
	hear
	assert_equal "$heard" \
		'+OK dewey POP3 server signing off (maildrop empty)'
}

@test "a syslogd that takes nothing does not keep a session for ever (as root)" {
	root_only
	in_private_system stopped_syslogd
}

stopped_journal() {
	local socket=/run/systemd/journal/socket journal

	mkdir -p /run/systemd/journal
	python3 /run/test/collect-log $socket /dev/null 3>&- &
	journal=$!
	await test -w $socket
	kill -STOP "$journal"
	fill_queue $socket
	printf 'QUIT\r\n' | timeout 60 /run/test/pop3-handler --log=journal
	assert_noted 'session: client=local user=- .* reason=quit'
}

@test "a journal that takes nothing does not keep a session for ever (as root)" {
	root_only
	in_private_system stopped_journal
}

no_journal() {
	printf 'QUIT\r\n' | /run/test/pop3-handler --log=journal
	assert_noted 'session: client=local user=- .* reason=quit tls=none'
}

# The second line shows that the first would have been there.
said_nothing() {
	/run/test/pop3-handler --log=syslog </dev/null
	printf 'x' | /run/test/pop3-handler --log=syslog
	assert_noted 'session: client=local user=- .* reason=disconnected tls=none'
	assert_equal "$(grep -c 'session:' "$log")" 1
}

@test "who closes without a word is no line in a log, and one on standard error (as root)" {
	words
	"${run[@]}" </dev/null >"$replies" 2>"$log"
	assert_equal "$(grep -c 'session: .* reason=disconnected' "$log")" 1
	root_only
	in_private_system said_nothing
}

@test "where there is no journal its lines go to syslog (as root)" {
	root_only
	in_private_system no_journal
}
