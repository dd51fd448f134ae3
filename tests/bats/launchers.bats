# bats file_tags=root
#
# End to end over loopback, as inetd or systemd starts it, with accounts of
# /etc/passwd and spools of /var/mail: those of a private system.
load ../lib/common
load ../lib/network

# --- what each launcher has to do, inside ------------------------------------

two_messages() {
	message 120 1 | deliver
	message 200 2 | deliver
	chown 2001:8 "$mailbox"
}

own() {
	:
}

fetch_and_delete() {
	local address=$1

	two_messages
	dial_in "$address"
	assert_equal "$heard" "+OK mrose's maildrop has 2 messages (320 octets)"
	ask 'RETR 1' '+OK 120 octets'
	hear_message /run/test/1
	message 120 1 | cmp - /run/test/1
	ask 'DELE 1' '+OK message 1 deleted'
	ask QUIT '+OK dewey POP3 server signing off (1 message left)'
	assert_closed
	{ echo "$from_line"; message 200 2; echo; } | cmp - "$mailbox"
	assert_noted "pop3-handler(\[[0-9]+\])?: session: client=$address\
 user=mrose retrieved=1 retrieved_octets=120 top=0 top_octets=0 deleted=1 deleted_octets=120\
 left=1 left_octets=200 seconds=[0-9.]+ reason=quit tls=none\$"
}

privileges() {
	dial
	find_session
	assert_process Uid '901 901 901 901'
	assert_process Gid '901 901 901 901'
	assert_process Groups '8 42 901'
	assert_process CapPrm 00000000000000c0
	assert_process CapEff 00000000000000c0
	assert_process CapBnd 00000000000000c0
	assert_process NoNewPrivs 1
	log_in mrose
	assert_equal "$heard" "+OK mrose's maildrop has 0 messages (0 octets)"
	assert_process Uid '2001 2001 2001 2001'
	assert_process Gid '2001 2001 2001 2001'
	assert_process Groups '8 2001 3001'
	assert_process CapInh 0000000000000000
	assert_process CapPrm 0000000000000000
	assert_process CapEff 0000000000000000
	assert_process CapAmb 0000000000000000
	assert_process NoNewPrivs 1
	say QUIT
}

# A refusal comes late: all wait for theirs at the same time.
refusals() {
	local name waiting=() one
	local -A reason=(
		[root]=uid-too-low [lowly]=uid-too-low [expired]=expired
		[stale]=must-change [locked]=locked [pop3-handler]=auth
		[nobody2]=auth
	)

	dial
	say QUIT
	for name in "${!reason[@]}"; do
		(
			dial
			log_in "$name"
			assert_equal "$heard" \
				'-ERR [AUTH] user name or password is wrong'
			assert_noted "refused: client=127.0.0.1 user=$name\
 reason=${reason[$name]}\$"
		) &
		waiting+=($!)
	done
	for one in "${waiting[@]}"; do
		wait "$one"
	done
	dial
	log_in jmyers
	assert_equal "$heard" "+OK jmyers's maildrop has 0 messages (0 octets)"
}

# Another's dotlock is waited for; and ours can be made.
dotlock() {
	two_messages
	dial
	find_session
	: >"$mailbox.lock"
	ask 'USER mrose' '+OK mrose'
	say 'PASS secret'
	await grep -q '^Uid:.2001' "/proc/$handler/status"
	! read -r -t 0.5 -u "$from" || fail 'it did not wait for the dotlock'
	rm "$mailbox.lock"
	hear
	assert_equal "$heard" "+OK mrose's maildrop has 2 messages (320 octets)"
	ask 'DELE 1' '+OK message 1 deleted'
	ask QUIT '+OK dewey POP3 server signing off (1 message left)'
	assert_noted 'session: .* reason=quit tls=none'
	! grep 'dotlock' "$log" || fail 'it made no dotlock'
	[ ! -e "$mailbox.lock" ] || fail 'its dotlock was left'
}

# The same where it cannot make one: the control of the test above.
no_dotlock() {
	chown root:root /var/mail
	chmod 755 /var/mail
	two_messages
	dial_in
	ask 'DELE 1' '+OK message 1 deleted'
	ask QUIT '+OK dewey POP3 server signing off (1 message left)'
	assert_noted 'no dotlock for .*mrose'
}

in_use() {
	local first

	two_messages
	dial_in
	first=$to
	dial
	log_in mrose
	[[ $heard == '-ERR [IN-USE] '* ]] || fail "not in use: $heard"
	ask QUIT '+OK dewey POP3 server signing off'
	assert_closed
	assert_noted 'session: client=127.0.0.1 user=mrose .* reason=in-use tls=none$'
	to=$first from=$first
	ask 'DELE 1' '+OK message 1 deleted'
	ask QUIT '+OK dewey POP3 server signing off (1 message left)'
	assert_closed
	dial_in
	assert_equal "$heard" "+OK mrose's maildrop has 1 message (200 octets)"
}

drained() {
	local address

	two_messages
	dial_in
	printf '%s\r\n' LIST 'RETR 2' 'DELE 2' 'DELE 1' QUIT >&"$to"
	timeout 60 cat <&"$from" >/run/test/replies
	tail -n 1 /run/test/replies | grep -q 'signing off (maildrop empty)'
	[ -f "$mailbox" ] && [ ! -s "$mailbox" ]
}

# --- openbsd-inetd ------------------------------------------------------------

@test "openbsd-inetd: a system account's mail is fetched and deleted, and the log names the client" {
	launched_by openbsd-inetd fetch_and_delete 127.0.0.1
}

@test "openbsd-inetd: the same over IPv6" {
	launched_by openbsd-inetd fetch_and_delete ::1
}

@test "openbsd-inetd: pipelined commands empty the spool and leave it there" {
	launched_by openbsd-inetd drained
}

@test "openbsd-inetd: before login it is the service user with two capabilities, after it the account with none" {
	launched_by openbsd-inetd privileges
}

@test "openbsd-inetd: root and accounts that are expired, locked or below UID_MIN cannot log in" {
	launched_by openbsd-inetd refusals
}

@test "openbsd-inetd: it takes a dotlock in a spool directory of mode 2775 root:mail" {
	launched_by openbsd-inetd dotlock
}

@test "openbsd-inetd: a spool directory without a place for dotlocks is served, and the log says so" {
	launched_by openbsd-inetd no_dotlock
}

@test "openbsd-inetd: a second session is told [IN-USE] (RFC 2449 section 8.1.2)" {
	launched_by openbsd-inetd in_use
}

# --- xinetd -------------------------------------------------------------------

@test "xinetd: a system account's mail is fetched and deleted, and the log names the client" {
	launched_by xinetd fetch_and_delete 127.0.0.1
}

@test "xinetd: the same over IPv6" {
	launched_by xinetd fetch_and_delete ::1
}

@test "xinetd: pipelined commands empty the spool and leave it there" {
	launched_by xinetd drained
}

@test "xinetd: before login it is the service user with two capabilities, after it the account with none" {
	launched_by xinetd privileges
}

@test "xinetd: root and accounts that are expired, locked or below UID_MIN cannot log in" {
	launched_by xinetd refusals
}

@test "xinetd: it takes a dotlock in a spool directory of mode 2775 root:mail" {
	launched_by xinetd dotlock
}

@test "xinetd: a spool directory without a place for dotlocks is served, and the log says so" {
	launched_by xinetd no_dotlock
}

@test "xinetd: a second session is told [IN-USE] (RFC 2449 section 8.1.2)" {
	launched_by xinetd in_use
}

# --- systemd with StandardInput=socket ----------------------------------------

@test "systemd with StandardInput=socket: a system account's mail is fetched and deleted, and the log names the client" {
	launched_by systemd-inetd fetch_and_delete 127.0.0.1
}

@test "systemd with StandardInput=socket: the same over IPv6" {
	launched_by systemd-inetd fetch_and_delete ::1
}

@test "systemd with StandardInput=socket: pipelined commands empty the spool and leave it there" {
	launched_by systemd-inetd drained
}

@test "systemd with StandardInput=socket: before login it is the service user with two capabilities, after it the account with none" {
	launched_by systemd-inetd privileges
}

@test "systemd with StandardInput=socket: root and accounts that are expired, locked or below UID_MIN cannot log in" {
	launched_by systemd-inetd refusals
}

@test "systemd with StandardInput=socket: it takes a dotlock in a spool directory of mode 2775 root:mail" {
	launched_by systemd-inetd dotlock
}

@test "systemd with StandardInput=socket: a spool directory without a place for dotlocks is served, and the log says so" {
	launched_by systemd-inetd no_dotlock
}

@test "systemd with StandardInput=socket: a second session is told [IN-USE] (RFC 2449 section 8.1.2)" {
	launched_by systemd-inetd in_use
}

# --- systemd with descriptor 3 ------------------------------------------------

@test "systemd with descriptor 3: a system account's mail is fetched and deleted, and the log names the client" {
	launched_by systemd-fds fetch_and_delete 127.0.0.1
}

@test "systemd with descriptor 3: the same over IPv6" {
	launched_by systemd-fds fetch_and_delete ::1
}

@test "systemd with descriptor 3: pipelined commands empty the spool and leave it there" {
	launched_by systemd-fds drained
}

@test "systemd with descriptor 3: before login it is the service user with two capabilities, after it the account with none" {
	launched_by systemd-fds privileges
}

@test "systemd with descriptor 3: root and accounts that are expired, locked or below UID_MIN cannot log in" {
	launched_by systemd-fds refusals
}

@test "systemd with descriptor 3: it takes a dotlock in a spool directory of mode 2775 root:mail" {
	launched_by systemd-fds dotlock
}

@test "systemd with descriptor 3: a spool directory without a place for dotlocks is served, and the log says so" {
	launched_by systemd-fds no_dotlock
}

@test "systemd with descriptor 3: a second session is told [IN-USE] (RFC 2449 section 8.1.2)" {
	launched_by systemd-fds in_use
}

# --- openbsd-inetd with wait -------------------------------------------------

@test "openbsd-inetd with wait: a system account's mail is fetched and deleted, and the log names the client" {
	launched_by openbsd-inetd-wait fetch_and_delete 127.0.0.1
}

@test "openbsd-inetd with wait: the same over IPv6" {
	launched_by openbsd-inetd-wait fetch_and_delete ::1
}

@test "openbsd-inetd with wait: pipelined commands empty the spool and leave it there" {
	launched_by openbsd-inetd-wait drained
}

@test "openbsd-inetd with wait: before login it is the service user with two capabilities, after it the account with none" {
	launched_by openbsd-inetd-wait privileges
}

@test "openbsd-inetd with wait: root and accounts that are expired, locked or below UID_MIN cannot log in" {
	launched_by openbsd-inetd-wait refusals
}

@test "openbsd-inetd with wait: it takes a dotlock in a spool directory of mode 2775 root:mail" {
	launched_by openbsd-inetd-wait dotlock
}

@test "openbsd-inetd with wait: a spool directory without a place for dotlocks is served, and the log says so" {
	launched_by openbsd-inetd-wait no_dotlock
}

@test "openbsd-inetd with wait: a second session is told [IN-USE] (RFC 2449 section 8.1.2)" {
	launched_by openbsd-inetd-wait in_use
}

# --- xinetd with wait --------------------------------------------------------

@test "xinetd with wait: a system account's mail is fetched and deleted, and the log names the client" {
	launched_by xinetd-wait fetch_and_delete 127.0.0.1
}

@test "xinetd with wait: the same over IPv6" {
	launched_by xinetd-wait fetch_and_delete ::1
}

@test "xinetd with wait: pipelined commands empty the spool and leave it there" {
	launched_by xinetd-wait drained
}

@test "xinetd with wait: before login it is the service user with two capabilities, after it the account with none" {
	launched_by xinetd-wait privileges
}

@test "xinetd with wait: root and accounts that are expired, locked or below UID_MIN cannot log in" {
	launched_by xinetd-wait refusals
}

@test "xinetd with wait: it takes a dotlock in a spool directory of mode 2775 root:mail" {
	launched_by xinetd-wait dotlock
}

@test "xinetd with wait: a spool directory without a place for dotlocks is served, and the log says so" {
	launched_by xinetd-wait no_dotlock
}

@test "xinetd with wait: a second session is told [IN-USE] (RFC 2449 section 8.1.2)" {
	launched_by xinetd-wait in_use
}

# --- what a listener does beside that -----------------------------------------

no_handler() {
	! pgrep -x pop3-handler
}

# It ends when nobody comes; the launcher then waits again.
idle_end() {
	dial
	say QUIT
	hear
	assert_closed
	await no_handler
	dial_in
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	await no_handler
}

start_openbsd-inetd-wait-idle() {
	options=(--listener-idle=1)
	start_openbsd-inetd-wait "$1"
}

start_xinetd-wait-idle() {
	options=(--listener-idle=1)
	start_xinetd-wait "$1"
}

# Accounts, certificate and key that only root can reach.
files_of_root() {
	mkdir -m 700 /run/test/secret
	sed -n 's/^mrose:\([^:]*\):.*/mrose:\1:2001:2001:::/p' /etc/shadow |
		install -m 600 /dev/stdin /run/test/secret/accounts
	install -m 600 "$certificates/server.pem" /run/test/secret/cert
	install -m 600 "$certificates/server.key" /run/test/secret/key
	options=(--accounts=/run/test/secret/accounts
		--tls-cert=/run/test/secret/cert --tls-key=/run/test/secret/key)
}

start_openbsd-inetd-wait-root() {
	files_of_root
	start_openbsd-inetd-wait "$1"
}

start_xinetd-wait-root() {
	files_of_root
	start_xinetd-wait "$1"
}

# What only root can open is passed to a process that is executed anew.
crashed() {
	dial
	find_session
	kill -ABRT "$handler"
	await grep -q 'has crashed' "$log"
	assert_closed
	dial
	find_session
	grep -qa -e --log=syslog "/proc/$handler/cmdline"
	assert_process Uid '901 901 901 901'
	assert_process CapPrm 00000000000000c0
	assert_process CapEff 00000000000000c0
	log_in mrose
	assert_equal "$heard" "+OK mrose's maildrop has 0 messages (0 octets)"
	assert_process Uid '2001 2001 2001 2001'
	assert_process CapPrm 0000000000000000
	assert_process CapAmb 0000000000000000
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	timeout 60 openssl s_client -connect 127.0.0.1:110 -starttls pop3 \
		-CAfile "$certificates/ca.pem" -verify_return_error -quiet \
		2>/dev/null >/run/test/said \
		< <(printf '%s\r\n' 'USER mrose' 'PASS secret' QUIT)
	grep -q "^+OK mrose's maildrop has 0 messages" /run/test/said
}

# as_account COMMAND...
as_account() {
	setpriv --reuid 2001 --regid 2001 --clear-groups "$@"
}

# A user's own session; and one that is there shows that the listener forks.
faults_sent() {
	local name

	dial_in
	find_session
	for name in SEGV BUS ILL FPE ABRT SYS TRAP; do
		as_account bash -c "kill -$name $handler"
	done
	ask STAT '+OK 0 0'
	as_account bash -c "kill -KILL $handler"
	assert_closed
	dial
	find_session
	refute grep -a -e --log=syslog "/proc/$handler/cmdline"
	refute grep 'has crashed' "$log"
	log_in mrose
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
}

@test "openbsd-inetd with wait: signals that a user sends to a session are no crash" {
	launched_by openbsd-inetd-wait faults_sent
}

# Where no group can read passwords, the capability for it is passed on, too.
start_openbsd-inetd-wait-capability() {
	chown 0:0 /etc/shadow
	chmod 600 /etc/shadow
	start_openbsd-inetd-wait "$1"
}

crashed_with_capability() {
	dial
	find_session
	assert_process CapPrm 00000000000000c4
	kill -ABRT "$handler"
	await grep -q 'has crashed' "$log"
	assert_closed
	dial
	find_session
	assert_process Uid '901 901 901 901'
	assert_process CapPrm 00000000000000c4
	assert_process CapEff 00000000000000c4
	assert_process CapBnd 00000000000000c4
	log_in mrose
	assert_equal "$heard" "+OK mrose's maildrop has 0 messages (0 octets)"
	assert_process CapPrm 0000000000000000
	assert_process CapAmb 0000000000000000
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
}

@test "openbsd-inetd with wait: after a crash passwords that only root can read are still known" {
	launched_by openbsd-inetd-wait-capability crashed_with_capability
}

@test "openbsd-inetd with wait: a listener that ends is started again" {
	launched_by openbsd-inetd-wait-idle idle_end
}

@test "xinetd with wait: a listener that ends is started again" {
	launched_by xinetd-wait-idle idle_end
}

@test "openbsd-inetd with wait: after a crash accounts and key that only root can read are still known" {
	launched_by openbsd-inetd-wait-root crashed
}

@test "xinetd with wait: after a crash accounts and key that only root can read are still known" {
	launched_by xinetd-wait-root crashed
}

# --- TLS ----------------------------------------------------------------------

# The key is root's alone.
inside_tls() {
	mkdir /run/test/tls
	install -m 600 "$certificates/server.pem" /run/test/tls/tls-cert.pem
	install -m 600 "$certificates/server.key" /run/test/tls/tls-key.pem
	dial
	exec {to}>&-
	timeout 60 openssl s_client -connect 127.0.0.1:995 -quiet \
		-CAfile "$certificates/ca.pem" -verify_return_error \
		2>/dev/null >/run/test/said \
		< <(printf '%s\r\n' 'USER mrose' 'PASS secret' QUIT)
	grep -q "^+OK mrose's maildrop has 0 messages" /run/test/said
	assert_equal "$(stat -c '%U %a' /var/lib/pop3-handler/tickets)" \
		'pop3-handler 600'
}

@test "openbsd-inetd: pop3s is served, with a key that only root can read" {
	launched_by openbsd-inetd inside_tls
}

@test "xinetd: pop3s is served, with a key that only root can read" {
	launched_by xinetd inside_tls
}

@test "openbsd-inetd with wait: pop3s is served, with a key that only root can read" {
	launched_by openbsd-inetd-wait inside_tls
}

@test "xinetd with wait: pop3s is served, with a key that only root can read" {
	launched_by xinetd-wait inside_tls
}
