# The listener: a process that was passed sockets that wait for connections, as
# inetd's `wait` and systemd's Accept=no do, and hands each to a child.
load ../lib/common
load ../lib/network
load ../lib/tls

setup_file() {
	build_preload die_with_dotlock "$BATS_FILE_TMPDIR"
	build_preload no_filter "$BATS_FILE_TMPDIR"
	build_preload short_of "$BATS_FILE_TMPDIR"
	build_preload crash_waiting "$BATS_FILE_TMPDIR"
	chmod 711 "$BATS_FILE_TMPDIR"
}

names=()

teardown() {
	stop_listening
	[ "${#pids[@]}" -eq 0 ] || kill -9 "${pids[@]}" 2>/dev/null || :
}

# --- helpers ------------------------------------------------------------------

# call [PORT [ADDRESS]]: connects, for say, hear and ask.
call() {
	exec {to}<>"/dev/tcp/${2-127.0.0.1}/${1:-$port}"
	from=$to
	hear
	assert_equal "$heard" '+OK dewey POP3 server ready'
}

call_in() {
	call "$@"
	log_in mrose
	[[ $heard == '+OK '* ]] || fail "no login: $heard"
}

# over_port COMMAND...: as session, over a connection of $port.
over_port() {
	exec {to}<>"/dev/tcp/127.0.0.1/$port"
	printf '%s\r\n' "$@" >&"$to"
	timeout 60 cat <&"$to" >"$replies"
	exec {to}>&-
	sort_replies "$@"
}

children() {
	pgrep -P "$listener"
}

has_children() {
	[ "$(children | wc -l)" -eq "$1" ]
}

# The connection goes to the oldest spare: with one connection that is the
# oldest child.
oldest_child() {
	pgrep -o -P "$listener"
}

is_gone() {
	! kill -0 "$1" 2>/dev/null
}

# Until they are gone they take a connection that nobody else then has.
kill_spares() {
	local spares

	spares=$(children)
	for pid in $spares; do
		kill -KILL "$pid"
	done
	for pid in $spares; do
		await is_gone "$pid"
	done
}

# has_ended N: so many listeners have.
has_ended() {
	[ -e "$work/listener/ended" ] &&
		[ "$(wc -l <"$work/listener/ended")" -ge "$1" ]
}

# assert_all_well N: so many listeners have ended, each with status 0.
assert_all_well() {
	await has_ended "$1"
	assert_equal "$(sort -u "$work/listener/ended")" 0
	assert_equal "$(wc -l <"$work/listener/ended")" "$1"
	[ ! -s "$work/stdout" ] || fail 'something is on standard output'
}

end_listener() {
	kill -TERM "$listener"
	assert_all_well "${1-1}"
}

# assert_not_served STATUS TEXT NAME...: what is passed such sockets ends so.
assert_not_served() {
	local run status=$1 text=$2

	shift 2
	words
	mkdir "$work/listener"
	ended=0
	timeout 60 "$tools/serve-wait" "$work/listener" "$@" -- "${run[@]}" \
		>"$work/stdout" 2>"$log" 3>&- || ended=$?
	assert_ended "$status"
	assert_equal "$(<"$log")" "pop3-handler: $text"
	[ ! -s "$work/stdout" ] || fail 'something is on standard output'
}

# --- what is passed ------------------------------------------------------------

@test "a socket on standard input is served: inetd's wait" {
	mailbox_of 120 200
	listen
	call_in
	assert_equal "$heard" "+OK mrose's maildrop has 2 messages (320 octets)"
	ask 'DELE 1' '+OK message 1 deleted'
	ask QUIT '+OK dewey POP3 server signing off (1 message left)'
	assert_closed
	assert_noted 'login: client=127.0.0.1 user=mrose$'
	assert_noted 'session: client=127.0.0.1 user=mrose .* deleted=1 .* reason=quit tls=none$'
	end_listener
}

@test "a socket with no name, or any, is served: systemd's Accept=no" {
	for names in port pop3 anything; do
		listen
		over_port QUIT
		assert_reply 1 '+OK dewey POP3 server signing off'
		end_listener
	done
}

@test "several sockets are served by one listener" {
	names=(pop3 pop3 port)
	listen
	for port in "${ports[@]}"; do
		over_port QUIT
		assert_accepted 0 1
	done
	end_listener
}

@test "eight sockets are served, and not nine" {
	names=(pop3 pop3 pop3 pop3 pop3 pop3 pop3 pop3)
	listen
	for port in "${ports[@]}"; do
		over_port QUIT
		assert_accepted 0 1
	done
	end_listener
	rm -r "$work/listener"
	assert_not_served 111 'more than 8 sockets were passed' "${names[@]}" pop3
}

@test "a UNIX socket is served, and its clients are local" {
	names=(unix)
	listen
	python3 - "$work/listener/unix" >"$replies" <<-'END'
		import socket, sys
		with socket.socket(socket.AF_UNIX) as client:
		    client.connect(sys.argv[1])
		    client.sendall(b"USER mrose\r\nPASS secret\r\nQUIT\r\n")
		    while data := client.recv(4096):
		        sys.stdout.write(data.decode())
	END
	sort_replies 'USER mrose' 'PASS secret' QUIT
	assert_accepted 0 1 2 3
	assert_noted 'login: client=local user=mrose$'
	end_listener
}

@test "a connection and a socket are not served together, in any order" {
	local text='both a connection and sockets that wait for connections were passed'

	assert_not_served 111 "$text" peer pop3
	rm -r "$work/listener"
	assert_not_served 111 "$text" pop3 peer
}

@test "two connections are not served" {
	assert_not_served 111 \
		'one connection at a time is served, and more were passed' \
		peer peer
}

@test "without libsystemd what was passed is not guessed" {
	mkdir -m 755 "$work/lib"
	: >"$work/lib/libsystemd.so.0"
	chmod 755 "$work" "$work/lib/libsystemd.so.0"
	export LD_LIBRARY_PATH=$work/lib
	assert_not_served 111 \
		'descriptors were passed, and libsystemd, which knows of them, cannot be loaded' \
		pop3
	unset LD_LIBRARY_PATH
	# it is not asked for what is on standard input
	LD_LIBRARY_PATH=$work/lib listen
	over_port QUIT
	assert_accepted 0 1
	end_listener
}

# The connection is standard input, and the descriptor that is passed the one to
# tell of a login.
@test "a login is told through the descriptor 'login', once, and nothing else is" {
	local run

	words
	mailbox_of 120
	python3 - "${run[@]}" 2>"$log" <<-'END'
		import os, socket, sys
		ours, theirs = socket.socketpair()
		told, tells = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		pid = os.fork()
		if pid == 0:
		    os.dup2(theirs.fileno(), 0)
		    os.dup2(theirs.fileno(), 1)
		    os.dup2(tells.fileno(), 3)
		    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1",
		                      LISTEN_FDNAMES="login")
		    os.execvp(sys.argv[1], sys.argv[1:])
		theirs.close(), tells.close()
		lines = ours.makefile("rwb", buffering=0)
		def ask(line, answer):
		    lines.write(line + b"\r\n")
		    assert lines.readline().startswith(answer)
		told.setblocking(False)
		def is_silent():
		    try:
		        return told.recv(10) is None
		    except BlockingIOError:
		        return True
		assert lines.readline().startswith(b"+OK")
		assert is_silent()
		ask(b"USER mrose", b"+OK")
		ask(b"PASS wrong", b"-ERR")
		assert is_silent()
		ask(b"USER mrose", b"+OK")
		ask(b"PASS secret", b"+OK")
		told.setblocking(True)
		assert told.recv(10) == b"L"
		assert told.recv(10) == b""      # closed
		ask(b"DELE 1", b"+OK")
		ask(b"QUIT", b"+OK")
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	END
	[ ! -s "$mailbox" ]
}

# --- sessions ------------------------------------------------------------------

@test "commands that are pipelined are answered in order (RFC 2449 section 6.8)" {
	mailbox_of 120 200 300
	listen
	over_port 'USER mrose' 'PASS secret' STAT LIST 'RETR 2' 'DELE 1' \
		'DELE 3' QUIT
	assert_reply 3 '+OK 3 620'
	assert_reply 5 '+OK 200 octets'
	assert_reply 8 '+OK dewey POP3 server signing off (1 message left)'
	end_listener
	rm "$mailbox.lock" 2>/dev/null && fail 'a dotlock was left'
	fetch
	assert_fetched_count 1
}

@test "sessions go on beside each other, each in a process of its own" {
	local first

	account jmyers
	listen
	call_in
	first=$to
	call
	log_in jmyers
	assert_equal "$heard" "+OK jmyers's maildrop has 0 messages (0 octets)"
	await has_children 4
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	to=$first from=$first
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	await has_children 2
	end_listener
}

@test "a second session is told [IN-USE] (RFC 2449 section 8.1.1)" {
	listen --session-wait=0
	call_in
	over_port 'USER mrose' 'PASS secret' QUIT
	assert_reply 2 '-ERR [IN-USE] another mail program is reading this mailbox; please try again in a minute'
	end_listener
}

@test "clients that are gone before they were accepted, or say nothing, hurt nobody" {
	listen --max-per-source=1000
	python3 - "$port" <<-'END'
		import socket, struct, sys
		for n in range(300):
		    client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		    if n % 2:
		        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
		                          struct.pack("ii", 1, 0))
		    client.close()
	END
	over_port 'USER mrose' 'PASS secret' QUIT
	assert_accepted 0 1 2 3
	refute grep -E 'cannot|crash' "$log"
	end_listener
}

# What a thousand sessions leave would be more than what one does.
@test "no session leaves a descriptor or a process behind" {
	local before

	product_only
	root_only
	listen
	over_port 'USER mrose' 'PASS secret' QUIT
	await has_children 2
	before=$(find "/proc/$listener/fd" -mindepth 1 | wc -l)
	for _ in {1..50}; do
		over_port 'USER mrose' 'PASS secret' QUIT
		assert_accepted 0 1 2 3
	done
	await has_children 2
	assert_equal "$(find "/proc/$listener/fd" -mindepth 1 | wc -l)" \
		"$before"
	end_listener
}

# --- TLS -----------------------------------------------------------------------

# listen_tls [OPTION...]
listen_tls() {
	listen --tls-cert="$certificates/server.pem" \
		--tls-key="$certificates/server.key" "$@"
}

@test "STLS, and TLS from the start on a socket whose name begins with pop3s" {
	names=(pop3 pop3s pop3s-office)
	mailbox_of 120
	listen_tls
	stls_session 'USER mrose' 'PASS secret' STAT QUIT
	assert_reply 3 '+OK 1 120'
	for port in "${ports[@]:1}"; do
		tls_session -- 'USER mrose' 'PASS secret' STAT QUIT
		assert_reply 3 '+OK 1 120'
	done
	end_listener
}

@test "--tls=implicit is for all sockets" {
	names=(pop3 port)
	listen_tls --tls=implicit
	for port in "${ports[@]}"; do
		tls_session -- 'USER mrose' 'PASS secret' QUIT
		assert_accepted 0 1 2 3
	done
	end_listener
}

@test "without a certificate a socket for TLS from the start is closed to all, and the others serve" {
	names=(pop3 pop3s)
	listen
	port=${ports[1]}
	refute s_client < <(printf 'QUIT\r\n')
	assert_noted 'there is no certificate for TLS'
	port=${ports[0]}
	over_port QUIT
	assert_accepted 0 1
	end_listener
}

@test "a session of TLS is resumed by another child (RFC 8446 section 2.2)" {
	names=(pop3s)
	listen_tls
	s_client -sess_out "$work/session" < <(printf 'QUIT\r\n')
	grep -q '^New, TLSv1' "$work/client"
	for _ in 1 2; do
		s_client -sess_in "$work/session" -sess_out "$work/next" \
			< <(printf 'QUIT\r\n')
		grep -q '^Reused, TLSv1.3' "$work/client"
		mv "$work/next" "$work/session"
	done
	end_listener
}

# Children begin with their parent's memory, random state included.
@test "no two children send the same random, key share or ticket" {
	names=(pop3s)
	listen_tls
	python3 - "$port" "$certificates/ca.pem" <<-'END'
		import re, socket, ssl, sys
		context = ssl.create_default_context(cafile=sys.argv[2])
		def hello():
		    """What the server says first, in clear."""
		    inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
		    tls = context.wrap_bio(inside, outside, server_hostname="localhost")
		    try:
		        tls.do_handshake()
		    except ssl.SSLWantReadError:
		        pass
		    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as raw:
		        raw.sendall(outside.read())
		        return raw.recv(127, socket.MSG_WAITALL)
		hellos = [hello() for _ in range(40)]
		assert all(h.startswith(b"\x16\x03\x03") and len(h) == 127 for h in hellos)
		assert len({h[11:43] for h in hellos}) == 40    # randoms
		assert len({h[-40:-8] for h in hellos}) == 40   # in the key shares
		assert len({h[-32:] for h in hellos}) == 40
	END
	end_listener
}

# --- limits --------------------------------------------------------------------

readonly too_many='-ERR [SYS/TEMP] too many connections'

# turned_away [ADDRESS]: a connection is, in clear.
turned_away() {
	exec {to}<>"/dev/tcp/${1-127.0.0.1}/$port"
	from=$to
	hear
	assert_equal "$heard" "$too_many"
	assert_closed
}

@test "--max-connections: one more than that is turned away until another one ends" {
	local first second

	account jmyers
	listen --max-connections=2
	call_in
	first=$to
	call
	log_in jmyers
	second=$to
	turned_away
	turned_away
	assert_noted 'turned away 127.0.0.1: there are 2 sessions \(--max-connections\)$'
	assert_equal "$(grep -c 'turned away' "$log")" 1
	to=$second from=$second
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	assert_closed
	await has_children 3
	call
	to=$first from=$first
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	end_listener
}

@test "--max-connections: who has not logged in makes room for one more" {
	local first

	listen --max-connections=2
	call
	first=$to
	call_in
	call
	log_in mrose
	[[ $heard == '-ERR [IN-USE]'* ]]
	to=$first from=$first
	assert_closed
	assert_noted 'dropped a connection that had not logged in'
	end_listener
}

@test "--max-per-source: an IPv4 address has its own, whichever way it comes" {
	listen --max-per-source=1
	call "$port" ::1
	turned_away ::1
	call
	turned_away
	assert_noted 'turned away ::1: it has 1 connections \(--max-per-source\)$'
	# the line of another address came within the minute
	assert_equal "$(grep -c 'turned away' "$log")" 1
	end_listener
}

@test "--max-preauth: the oldest that has not logged in is dropped for one more" {
	local calls=() n

	account jmyers
	listen --max-preauth=2
	call_in			# not among them
	calls+=("$to")
	for n in 1 2; do
		call
		calls+=("$to")
	done
	call
	calls+=("$to")
	to=${calls[1]} from=$to
	assert_closed
	assert_noted 'dropped a connection that had not logged in, for a new one \(--max-preauth=2\)$'
	to=${calls[2]} from=$to
	log_in jmyers
	assert_accepted_heard
	to=${calls[3]} from=$to
	ask QUIT '+OK dewey POP3 server signing off'
	to=${calls[0]} from=$to
	ask STAT '+OK 0 0'
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	end_listener
}

@test "--max-preauth: a crowd makes place for itself, and drops nobody from elsewhere" {
	local first second

	listen --max-preauth=3
	call "$port" ::1
	first=$to
	call
	second=$to
	call
	call
	to=$second from=$second
	assert_closed
	to=$first from=$first
	log_in mrose
	assert_accepted_heard
	end_listener
}

assert_accepted_heard() {
	[[ $heard == '+OK '* ]] || fail "refused: $heard"
}

@test "who logs in while a hundred silent clients hang on is served" {
	listen --max-preauth=5 --max-per-source=1000
	python3 - "$port" <<-'END'
		import socket, sys
		silent = [socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		          for _ in range(100)]
		client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		client.sendall(b"USER mrose\r\nPASS secret\r\n")
		lines = client.makefile("rb")
		assert [lines.readline()[:3] for _ in range(3)] == [b"+OK"] * 3
		silent += [socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		           for _ in range(100)]
		silent[-1].settimeout(60)
		assert silent[-1].recv(3) == b"+OK"
		client.sendall(b"QUIT\r\n")
		assert lines.readline().startswith(b"+OK")
	END
	end_listener
}

@test "inside TLS who is turned away is told nothing in clear" {
	local first

	names=(pop3s)
	listen_tls --max-per-source=1
	exec {first}<>"/dev/tcp/127.0.0.1/$port"
	exec {to}<>"/dev/tcp/127.0.0.1/$port"
	from=$to
	assert_closed
	assert_noted 'turned away 127.0.0.1'
	end_listener
}

# --- its end -------------------------------------------------------------------

@test "a listener to which nobody comes ends, and the next client starts another" {
	listen --listener-idle=1
	assert_all_well 1
	over_port 'USER mrose' 'PASS secret' QUIT
	assert_accepted 0 1 2 3
	assert_all_well 2
}

@test "an old listener ends once nobody is there" {
	listen --listener-age=1
	over_port QUIT
	assert_accepted 0 1
	assert_all_well 1
}

@test "a listener twice as old ends all the same, and sessions go on" {
	mailbox_of 120
	listen --listener-age=1
	call_in
	assert_all_well 1
	ask 'DELE 1' '+OK message 1 deleted'
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	assert_closed
	[ ! -s "$mailbox" ]
}

@test "SIGTERM, SIGINT and SIGHUP end a listener, and sessions and their updates go on" {
	local signal

	for signal in TERM INT HUP; do
		mailbox_of 120 200
		listen
		call_in
		kill -$signal "$listener"
		assert_all_well 1
		ask 'DELE 1' '+OK message 1 deleted'
		ask QUIT '+OK dewey POP3 server signing off (1 message left)'
		assert_closed
		assert_noted 'session: .* deleted=1 .* reason=quit tls=none$'
		# who comes meanwhile is served by the next
		over_port 'USER mrose' 'PASS secret' 'DELE 1' QUIT
		assert_accepted 3 4
		[ ! -s "$mailbox" ]
		find_listener
		end_listener 2
	done
}

@test "spares end with their listener, however it ends" {
	local spares

	listen
	await has_children 2
	spares=$(children)
	kill -KILL "$listener"
	for pid in $spares; do
		await is_gone "$pid"
	done
	assert_equal "$(<"$work/listener/ended")" -9
}

# --- what may change meanwhile -----------------------------------------------

@test "an account that is added, or taken away, counts at once" {
	listen
	over_port QUIT
	account jmyers
	over_port 'USER jmyers' 'PASS secret' QUIT
	assert_accepted 2
	assert_noted "$accounts has changed: the listener is to be started anew\$"
	# replaced, as editors do
	sed '/^mrose:/d' "$accounts" >"$accounts.new"
	own "$accounts.new"
	mv "$accounts.new" "$accounts"
	over_port 'USER mrose' 'PASS secret' QUIT
	assert_refused 2
}

@test "a certificate that is renewed is shown at once" {
	names=(pop3s)
	cp "$certificates/server.pem" "$work/tls.pem"
	cp "$certificates/server.key" "$work/tls.key"
	own "$work/tls.pem" "$work/tls.key"
	listen --tls-cert="$work/tls.pem" --tls-key="$work/tls.key"
	s_client < <(printf 'QUIT\r\n')
	openssl x509 -in "$work/client" -noout -pubkey >"$work/before"
	cp "$certificates/rsa.pem" "$work/tls.pem"
	cp "$certificates/rsa.key" "$work/tls.key"
	s_client < <(printf 'QUIT\r\n')
	openssl x509 -in "$work/client" -noout -pubkey >"$work/after"
	refute cmp -s "$work/before" "$work/after"
	openssl x509 -in "$certificates/rsa.pem" -noout -pubkey |
		cmp - "$work/after"
}

@test "another program under its name starts the next one" {
	cp "$POP3_HANDLER" "$work/handler"
	chmod 755 "$work" "$work/handler"
	POP3_HANDLER=$work/handler listen
	over_port QUIT
	mv "$work/handler" "$work/old"
	cp "$work/old" "$work/handler"
	over_port QUIT
	assert_accepted 0 1
	assert_noted "$work/handler has changed"
	find_listener
	end_listener 2
}

# --- when children die ---------------------------------------------------------

@test "a spare that is killed is nobody's loss" {
	listen
	await has_children 2
	kill_spares
	over_port 'USER mrose' 'PASS secret' QUIT
	assert_accepted 0 1 2 3
	refute grep 'crashed' "$log"
	end_listener
}

# The log may say it once a minute.
@test "spares that cannot confine themselves are not made without end" {
	product_only
	LD_PRELOAD=$BATS_FILE_TMPDIR/no_filter.so listen
	assert_noted 'cannot have a process wait for a connection: it has ended; trying again$'
	await eval 'kill -0 "$listener"; [ "$(grep -c "cannot filter" "$log")" -ge 4 ]'
	assert_equal "$(grep -c 'cannot have a process' "$log")" 1
	# two at a time, five times a second: not thousands
	[ "$(grep -c 'cannot filter' "$log")" -lt 1000 ]
	end_listener
}

@test "spares that crash, executed anew or not, are not made without end" {
	product_only
	LD_PRELOAD=$BATS_FILE_TMPDIR/crash_waiting.so listen
	assert_noted 'has crashed'
	assert_noted 'cannot have a process wait for a connection: it has ended; trying again$'
	assert_equal "$(grep -c 'has crashed' "$log")" 1
	end_listener
}

# crash CHILD [SIGNAL]: as a defect would. (A sanitizer makes an exit of some of
# these signals.)
crash() {
	kill -"${2-ABRT}" "$1"
	await grep -q 'has crashed' "$log"
}

# executed_anew: the session that is open is a process of its own image, which
# has one argument more.
executed_anew() {
	local pid

	for pid in $(children); do
		! tr '\0' '\n' <"/proc/$pid/cmdline" | tail -n 1 |
			grep -qx -e --log=stderr || return 0
	done
	fail 'no child was executed anew'
}

@test "after a crash each connection gets a process that is executed anew" {
	listen
	mailbox_of 120 200
	call
	crash "$(oldest_child)"
	assert_logged 'process [0-9]+ has crashed \(Aborted\): until this listener is started again, each connection gets a process that is executed anew'
	for _ in 1 2; do
		call_in
		executed_anew
		ask 'DELE 1' '+OK message 1 deleted'
		say QUIT
		hear
		assert_accepted_heard
		assert_closed
		await has_children 2
	done
	[ ! -s "$mailbox" ]
	assert_equal "$(grep -c 'has crashed' "$log")" 1
	end_listener
}

@test "each signal that a defect sends is a crash" {
	local signal

	product_only
	for signal in SEGV BUS ILL FPE ABRT SYS TRAP; do
		listen
		await has_children 2
		crash "$(oldest_child)" "$signal"
		end_listener
	done
}

@test "a crash of a spare, too" {
	listen
	await has_children 2
	crash "$(oldest_child)"
	call
	executed_anew
	ask QUIT '+OK dewey POP3 server signing off'
	end_listener
}

# Many of them would be as many tries.
@test "a crash ends all that have not logged in, and no session" {
	local calls=() session

	listen
	call_in
	session=$to
	for _ in 1 2 3; do
		call
		calls+=("$to")
	done
	await has_children 6
	crash "$(pgrep -n -P "$listener")"
	for to in "${calls[@]}"; do
		from=$to
		assert_closed
	done
	to=$session from=$to
	ask STAT '+OK 0 0'
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	end_listener
}

@test "after a crash the limits hold" {
	local first

	listen --max-preauth=1 --max-per-source=2
	await has_children 2
	crash "$(oldest_child)"
	call_in
	first=$to
	call
	turned_away
	to=$first from=$first
	ask STAT '+OK 0 0'
	call "$port" ::1
	assert_noted 'dropped a connection that had not logged in'
	end_listener
}

@test "after a crash TLS is as before, on its sockets only" {
	names=(pop3 pop3s)
	mailbox_of 120
	listen_tls
	await has_children 2
	crash "$(oldest_child)"
	stls_session 'USER mrose' 'PASS secret' STAT QUIT
	assert_reply 3 '+OK 1 120'
	port=${ports[1]}
	tls_session -- 'USER mrose' 'PASS secret' STAT QUIT
	assert_reply 3 '+OK 1 120'
	s_client -sess_out "$work/session" < <(printf 'QUIT\r\n')
	s_client -sess_in "$work/session" < <(printf 'QUIT\r\n')
	grep -q '^Reused, TLSv1.3' "$work/client"
	end_listener
}

@test "a listener that was started anew after a crash forks again" {
	listen
	await has_children 2
	crash "$(oldest_child)"
	end_listener
	over_port QUIT
	assert_accepted 0 1
	find_listener
	await has_children 2
	end_listener 2
}

# It dies when it has the dotlock of its update.
@test "what a session that was killed has left is cleared away" {
	product_only
	mailbox_of 120 200
	DIE_AT=2 LD_PRELOAD=$BATS_FILE_TMPDIR/die_with_dotlock.so listen
	call_in
	ask 'DELE 1' '+OK message 1 deleted'
	say QUIT
	assert_closed
	await test ! -e "$mailbox.lock"
	assert_noted 'has crashed'
	assert_noted "recovered $mailbox"
	call_in
	assert_equal "$heard" "+OK mrose's maildrop has 2 messages (320 octets)"
}

@test "the same if the listener is told to end at that moment" {
	product_only
	mailbox_of 120 200
	DIE_AT=2 LD_PRELOAD=$BATS_FILE_TMPDIR/die_with_dotlock.so listen
	call_in
	ask 'DELE 1' '+OK message 1 deleted'
	kill -STOP "$listener"
	say QUIT
	assert_closed
	kill -TERM "$listener"
	kill -CONT "$listener"
	assert_all_well 1
	await test ! -e "$mailbox.lock"
}

# --- when something is short ---------------------------------------------------

# short_of CALL MESSAGE: it fails for a while.
short_of() {
	export SHORT_OF=$1 SHORT_WHILE=$work/short
	chmod 755 "$work"
	LD_PRELOAD=$BATS_FILE_TMPDIR/short_of.so listen
	unset SHORT_OF SHORT_WHILE
	await has_children 2
	: >"$work/short"
	[[ $1 == accept4 || $1 == denied ]] || kill_spares
	exec {to}<>"/dev/tcp/127.0.0.1/$port"
	from=$to
	assert_noted "cannot $2; trying again\$"
	rm "$work/short"
	hear
	assert_equal "$heard" '+OK dewey POP3 server ready'
	ask QUIT '+OK dewey POP3 server signing off'
	assert_equal "$(grep -c 'cannot' "$log")" 1
	end_listener
}

@test "a connection that cannot be accepted waits until it can" {
	product_only
	short_of accept4 'accept a connection: Too many open files'
}

# SELinux and the like refuse before they look whether anybody is there.
@test "the same if it must not be accepted" {
	product_only
	short_of denied 'accept a connection: Permission denied'
}

# One line tells of it: that the spares are gone, or that there is no other.
@test "without processes or descriptors for one connections wait" {
	product_only
	local gone='have a process wait for a connection: it has ended'
	local short='make a process for a connection'

	short_of fork "($gone|$short: Resource temporarily unavailable)"
	short_of socketpair "($gone|$short: Too many open files)"
}
