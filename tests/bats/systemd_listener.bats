# bats file_tags=root
#
# The listener, in the units as they are installed (one pop3.service for
# pop3.socket and pop3s.socket), under a real systemd that is booted for each
# test. What both forms have in common is in systemd.bats.
load ../lib/common
load ../lib/network
load ../lib/lab

setup_file() {
	is_root || return 0
	make_tree
	try_lab
}

# --- inside -------------------------------------------------------------------

listener() {
	property pop3.service MainPID
}

is_state() {
	[ "$(property pop3.service ActiveState)" = "$1" ]
}

# What is called a listener here was started since.
is_another() {
	[ "$(listener)" != "$1" ] && [ "$(listener)" != 0 ]
}

children() {
	xargs <"/proc/$(listener)/task/$(listener)/children"
}

has_children() {
	[ "$(children | wc -w)" -eq "$1" ]
}

# It serves so many, and two spares are there.
is_serving() {
	has_children $(($1 + 2))
}

filters() {
	sed -n 's/^Seccomp_filters:.//p' "/proc/$1/status"
}

# A child is when it has one filter more than the listener.
is_confined() {
	[ "$(filters "$1")" -eq $(($(filters "$(listener)") + 1)) ]
}

# Sets $handler to a spare that has confined itself, while so many are served:
# the newest child.
find_spare() {
	await is_serving "$1"
	handler=$(children | awk '{ print $NF }')
	await is_confined "$handler"
}

# use CONNECTION: for say, hear and ask.
use() {
	to=$1 from=$1
}

# come_and_go [ADDRESS]: a session.
come_and_go() {
	dial_in "$@"
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	assert_closed
}

# A session is under way that shall remove the first of two messages.
begin_update() {
	dial_in
	ask 'DELE 1' '+OK message 1 deleted'
	update=$to
}

end_update() {
	use "$update"
	ask QUIT '+OK dewey POP3 server signing off (1 message left)'
	assert_closed
	only_the_second
}

# --- what there is ------------------------------------------------------------

faultless() {
	systemd-analyze verify --man=no --recursive-errors=no pop3.socket \
		pop3s.socket pop3.service pop3-opening.target 2>&1 || :
}

@test "listener: systemd finds no fault with its units" {
	in_lab faultless >"$work/faults"
	[ ! -s "$work/faults" ] || fail "$(<"$work/faults")"
}

@test "listener: an exposure of at most 1.0, and no item is open but those that must be" {
	in_lab left_open pop3.service 2>"$work/exposure"
	sed 's/^/# /' "$work/exposure" >&3
}

probe_listener() {
	trap_for_probe
	systemctl start pop3.service || :
	assert_noted 'user namespace: '		# its last word
	journalctl --output=cat --unit=pop3.service --identifier=pop3-handler |
		without_ours
}

@test "listener: who takes it over finds nothing to see, to write or to run but the mail" {
	probe_finds_little probe_listener 1024
}

privileges() {
	local session

	add_account
	dial
	find_session
	session=$handler
	assert_service_user
	assert_process PPid "$(listener)"
	handler=$(listener)
	assert_service_user
	find_spare 1
	assert_service_user
	handler=$session
	log_in mrose
	assert_account
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
}

@test "listener: it and those that wait are the service user with two capabilities, a session the account with none" {
	in_lab privileges
}

# --- when it comes and goes ---------------------------------------------------

idle() {
	local first

	set_options --listener-idle=1
	add_account
	come_and_go
	first=$(listener)
	await is_state inactive
	assert_equal "$(systemctl --failed --no-legend)" ''
	come_and_go
	is_another "$first"
	begin=$(listener)
	dial_in
	sleep 1.2
	ask NOOP '+OK'
	assert_equal "$(listener)" "$begin"
}

@test "listener: it ends when nobody has come for a time, and the next connection starts it again" {
	in_lab idle
}

restarted() {
	local first

	add_account
	two_messages
	begin_update
	first=$(listener)
	systemctl restart pop3.service
	is_another "$first"
	dial
	ask QUIT '+OK dewey POP3 server signing off'
	assert_closed
	end_update
}

stopped() {
	add_account
	two_messages
	begin_update
	systemctl stop pop3.service
	is_state inactive
	end_update
	assert_equal "$(systemctl --failed --no-legend)" ''
	dial_in
	assert_equal "$heard" "+OK mrose's maildrop has 1 message (200 octets)"
}

@test "listener: a session outlives it when it is restarted or stopped, and updates its mailbox" {
	in_lab restarted
	in_lab stopped
}

upgraded() {
	local program=/usr/local/sbin/pop3-handler

	add_account
	two_messages
	begin_update
	cp $program /run/new
	echo >>/run/new
	install /run/new $program
	dial
	find_session
	cmp "/proc/$handler/exe" /run/new
	ask QUIT '+OK dewey POP3 server signing off'
	assert_closed
	end_update
	assert_noted "$program has changed"
}

@test "listener: a new program serves the next connection, and the old one ends what it has begun" {
	in_lab upgraded
}

# --- two ports, and TLS -------------------------------------------------------

# pop3s.socket is started while pop3.service serves.
both_ports() {
	local first

	add_account
	use_certificate server
	two_messages
	begin_update
	systemctl start pop3s.socket
	end_update
	: >"$mailbox"
	s_client 995 -sess_out /run/session
	first=$(listener)
	grep -q '^New, TLSv1.3' /run/said
	s_client 995 -sess_in /run/session
	grep -q '^Reused, TLSv1.3' /run/said
	s_client 110 -starttls pop3 -sess_in /run/session
	grep -q '^Reused, TLSv1.3' /run/said
	come_and_go
	assert_equal "$(listener)" "$first"
	close_and_open
	refute grep -iE 'no TLS|no new key|warn|denied|refus' "$log"
}

# A socket that is closed is not served on by who had it.
close_and_open() {
	systemctl stop pop3s.socket
	is_state inactive
	come_and_go
	refute connect 995
	systemctl restart pop3.socket
	come_and_go
	systemctl stop pop3.socket
	refute connect 110
	systemctl start pop3.socket pop3s.socket
	s_client 995
	come_and_go
}

@test "listener: one process serves both ports, and the second may be opened while it does" {
	with_certificates both_ports
}

has_key() {
	s_client 995
	grep -q "Server public key is $1 bit" /run/said
}

# What each file blames is in systemd.bats.
certificate_changes() {
	add_account
	systemctl start pop3s.socket
	exec {to}<>/dev/tcp/127.0.0.1/995
	assert_equal "$(timeout 60 cat <&"$to")" ''
	assert_noted 'pop3-handler.*: there is no certificate for TLS'
	dial
	ask STLS '-ERR TLS cannot be started'
	ask 'USER mrose' '+OK mrose'
	use_certificate server
	has_key 256
	use_certificate rsa
	has_key 2048
	cp /srv/server.pem /srv/rsa.pem
	cp /srv/server.key /srv/rsa.key
	has_key 256
	ln -sf /srv/nothing /etc/pop3-handler/tls-cert.pem
	refute has_key 256
	assert_noted 'no TLS: /etc/pop3-handler/tls-cert.pem .* is a link to a file that is not there'
	assert_equal "$(systemctl --failed --no-legend)" ''
}

@test "listener: a certificate counts from the next connection on, and without one pop3 is served as ever" {
	with_certificates certificate_changes
}

# renewed NAME NUMBER: as certbot does it.
renew() {
	local archive=/etc/letsencrypt/archive/x live=/etc/letsencrypt/live/x

	mkdir -p "$archive" "$live"
	chmod 700 /etc/letsencrypt/{archive,live}
	cp "/srv/$1.pem" "$archive/fullchain$2.pem"
	cp "/srv/$1.key" "$archive/privkey$2.pem"
	chmod 600 "$archive/privkey$2.pem"
	ln -sf "../../archive/x/privkey$2.pem" "$live/privkey.pem"
	ln -sf "../../archive/x/fullchain$2.pem" "$live/fullchain.pem"
}

certbot() {
	add_account
	set_options --listener-age=1
	renew server 1
	ln -s /etc/letsencrypt/live/x/fullchain.pem /etc/pop3-handler/tls-cert.pem
	ln -s /etc/letsencrypt/live/x/privkey.pem /etc/pop3-handler/tls-key.pem
	systemctl start pop3s.socket
	has_key 256
	renew rsa 2
	await has_key 2048
	refute grep -iE 'no TLS|warn|denied' "$log"
}

@test "listener: a certificate that certbot has renewed is served without anybody doing anything" {
	with_certificates certbot
}

# --- what may change while it waits -------------------------------------------

is_refused() {
	dial
	log_in "$1"
	assert_equal "$heard" '-ERR [AUTH] user name or password is wrong'
	say QUIT
}

is_accepted() {
	dial
	log_in "$1"
	assert_equal "$heard" "+OK $1's maildrop has 0 messages (0 octets)"
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	assert_closed
}

# line NAME: of a file of accounts.
line() {
	echo "$1:$(openssl passwd -1 secret):2000:2000::/:/bin/sh"
}

accounts_change() {
	add_account
	is_accepted mrose
	add_account second
	is_accepted second
	userdel mrose
	is_refused mrose
	line third >/srv/accounts
	chmod 644 /srv/accounts
	set_options --accounts=/srv/accounts
	is_accepted third
	line fourth >>/srv/accounts
	is_accepted fourth
	line fourth >/srv/new
	mv /srv/new /srv/accounts
	is_refused third
	is_accepted fourth
}

always_another_file() {
	set_options --accounts=/srv/accounts
	for n in {1..20}; do
		line "name$n" >/srv/accounts
		is_accepted "name$n"
	done
	refute grep trigger-limit "$log"
}

@test "listener: files that change all the time do not put the socket out of service" {
	in_lab always_another_file
}

@test "listener: an account that is added or removed, and another file of accounts, count at once" {
	in_lab accounts_change
}

wrong_option() {
	set_options --hostname=huey
	exec {to}<>/dev/tcp/127.0.0.1/110
	IFS= read -r -t 60 -u "$to" heard
	[[ $heard == '+OK huey '* ]] || fail "$heard"
	set_options --idle-timeout=never
	exec {to}<>/dev/tcp/127.0.0.1/110
	assert_noted 'pop3-handler.*--idle-timeout.*seconds from 1 to 86400'
	await has_closed pop3
	is_state failed
	refute timeout 60 cat <&"$to"
	set_options --hostname=dewey
	await dial
}

@test "listener: it takes the options of the file, and names a wrong one in the log" {
	in_lab wrong_option
}

# --- limits -------------------------------------------------------------------

# Turned away at the address, with a word.
is_turned_away() {
	exec {to}<>"/dev/tcp/$1/110"
	assert_equal "$(timeout 60 cat <&"$to")" \
		$'-ERR [SYS/TEMP] too many connections\r'
}

limits() {
	local first second third dropped

	set_options --max-connections=3 --max-per-source=2 --max-preauth=2
	add_account
	add_account second
	add_account third
	dial_in 127.0.0.1
	first=$to
	dial 127.0.0.1
	dropped=$to
	is_turned_away 127.0.0.1
	is_turned_away 127.0.0.1
	dial ::1
	second=$to
	dial ::1
	third=$to
	use "$dropped"
	assert_closed
	use "$third"
	log_in third
	use "$second"
	log_in second
	is_turned_away 127.0.0.1
	is_turned_away 127.0.0.1
	use "$first"
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	assert_closed
	await is_serving 2
	dial
	noted_once 'turned away 127.0.0.1: it has 2 connections'
	noted_once 'turned away 127.0.0.1: there are 3 sessions'
	noted_once 'dropped a connection'
	await has_status '2 sessions, 1 not logged in, 1 served, 4 turned away, 1 dropped'
}

noted_once() {
	assert_noted "$1"
	journalctl --sync
	assert_equal "$(journalctl --output=cat --grep="$1" | wc -l)" 1
}

has_status() {
	[ "$(property pop3.service StatusText)" = "$1" ]
}

@test "listener: over a limit a connection is turned away, or takes the place of the oldest that has not logged in" {
	in_lab limits
}

# with_crowd FUNCTION: in a lab that has many clients.
with_crowd() {
	own_tree
	install -D -t "$tree/srv" "$hostile/crowd.py"
	in_lab "$1"
}

# Hashes that cost little, as it is not them that are tried.
use_cheap_hash() {
	usermod --password "$(openssl passwd -1 secret)" mrose
}

crowd() {
	python3 /srv/crowd.py "$@"
}

# What it holds beside the channels of its spares.
holdings() {
	local pid

	pid=$(listener)
	echo "$(($(ls "/proc/$pid/fd" | wc -l) - $(children | wc -w)))" \
		"$(grep -E 'VmData|VmLck' "/proc/$pid/status" | xargs)"
}

holds() {
	[ "$(holdings)" = "$1" ]
}

# So are those that say QUIT at once, and those that are gone at once.
leaks() {
	local before first

	add_account
	use_cheap_hash
	crowd row 1 mrose
	await is_serving 0
	before=$(holdings)
	first=$(listener)
	crowd row 1000 mrose
	crowd burst 1000
	crowd gone 1000
	for _ in {1..10000}; do
		kill -CHLD "$first"
	done
	come_and_go
	await holds "$before"
	assert_equal "$(listener)" "$first"
	assert_equal "$(ps -o stat= --ppid "$first" | grep -c Z)" 0
	refute grep -E 'trigger-limit|rror|turned away' "$log"
}

@test "listener: a thousand sessions, connections at once, and clients that are gone, leave nothing behind" {
	with_crowd leaks
}

flood() {
	local crowd

	add_account
	printf '[Service]\nType=oneshot\nExecStart=/bin/true\n' \
		>/run/systemd/system/other.service
	mkfifo /run/crowd
	crowd silent 1000 </run/crowd >/run/here &
	exec {crowd}>/run/crowd
	await grep -q here /run/here
	dial_in
	systemctl start other.service
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	assert_closed
	while :; do
		crowd gone 100
	done &
	come_and_go
	systemctl start other.service
}

@test "listener: a flood of silent clients, or of those that come and go, keeps no user out, nor systemd from its work" {
	with_crowd flood
}

installed_limits() {
	assert_equal "$(property pop3.socket TriggerLimitBurst)" 15
	assert_equal "$(property pop3.socket TriggerLimitIntervalUSec)" 5s
	assert_equal "$(property pop3.service LimitNOFILE)" 1024
	assert_equal "$(property pop3.service TasksMax)" 1024
	[ "$(property pop3.service MemoryMax)" != infinity ]
}

# Ticks of the processor that it has used.
ticks() {
	awk '{ print $14 + $15 }' "/proc/$(listener)/stat"
}

# out_of CALL ERROR PATTERN: more connections than it can serve. They are served
# when there is enough again.
out_of() {
	local before all=() one

	await is_serving 0
	trace "$(listener)" -e "inject=$1:error=$2"
	for _ in 1 2 3 4; do
		exec {one}<>/dev/tcp/127.0.0.1/110
		all+=("$one")
	done
	assert_noted "$3"
	before=$(ticks)
	sleep 1
	[ $(($(ticks) - before)) -lt 30 ] || fail 'it spins'
	noted_once "$3"
	kill "$tracer"
	for one in "${all[@]}"; do
		use "$one"
		hear
		ask QUIT '+OK dewey POP3 server signing off'
		assert_closed
	done
	come_and_go
}

out_of_everything() {
	add_account
	come_and_go
	out_of clone EAGAIN 'cannot make a process .*Resource temporarily unavailable'
	systemctl restart pop3.service
	come_and_go
	out_of accept4 EMFILE 'cannot accept .*Too many open files'
	systemctl restart pop3.service
	come_and_go
	out_of socketpair EMFILE 'cannot make a process .*Too many open files'
	refute grep 'trigger-limit' "$log"
}

@test "listener: out of processes or descriptors it waits, and says so once" {
	in_lab installed_limits
	in_lab out_of_everything
}

# --- what goes wrong ----------------------------------------------------------

recovers_at_once() {
	add_account
	two_messages
	kill_before_truncation
	await only_the_second
	assert_noted "recovered $mailbox"
	: >"$mailbox"
	two_messages
	with_fault error=EIO
	hear
	assert_equal "$heard" '-ERR [SYS/TEMP] some deleted messages not removed'
	assert_closed
	await only_the_second
	dies_with_a_session TERM
	assert_equal "$(systemctl --failed --no-legend)" ''
	dies_with_a_session KILL
	dial_in
	assert_equal "$heard" "+OK mrose's maildrop has 1 message (200 octets)"
}

# dies_with_a_session SIGNAL: the listener does not hear of the session before
# its own end.
dies_with_a_session() {
	local first

	: >"$mailbox"
	two_messages
	begin_update
	find_session
	trace "$handler" -P "$mailbox" -e inject=ftruncate:signal=KILL
	first=$(listener)
	kill -STOP "$first"
	say QUIT
	assert_closed
	kill "-$1" "$first"
	kill -CONT "$first" || :
	await only_the_second
	await is_gone "$first"
}

@test "listener: when a session is killed, or fails, in the middle of an update, that is finished at once" {
	command -v strace >/dev/null || skip 'needs strace'
	in_lab recovers_at_once
}

# Where the program is in the memory of a process.
base() {
	head -n 1 "/proc/$1/maps" | cut -d- -f1
}

# A session is at the addresses of the listener, or of its own.
shares_layout() {
	dial
	find_session
	[ "$(base "$handler")" = "$(base "$(listener)")" ]
}

ends() {
	ask QUIT '+OK dewey POP3 server signing off'
	assert_closed
}

has_crit() {
	[ "$(journalctl --priority=crit --output=cat |
		grep -c '^process .* has crashed')" -eq 1 ]
}

crashed() {
	add_account
	use_cheap_hash
	use_certificate server
	set_options --max-per-source=2
	systemctl start pop3s.socket
	shares_layout
	ends
	find_spare 0
	kill -SEGV "$handler"
	await has_crit
	refute shares_layout
	ends
	served_afresh
	two_messages
	with_fault signal=KILL
	assert_closed
	await only_the_second
	journalctl --sync
	has_crit
	systemctl restart pop3.service
	shares_layout
	ends
}

served_afresh() {
	local first second

	dial
	first=$to
	dial
	second=$to
	find_session
	assert_service_user
	is_turned_away 127.0.0.1
	use "$second"
	log_in mrose
	assert_account
	await has_status '1 sessions, 1 not logged in, 0 served, 1 turned away, 0 dropped'
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	use "$first"
	ends
	s_client 995
	s_client 110 -starttls pop3
	dial
	find_session
	kill -SEGV "$handler"
	assert_closed
}

session_crashed() {
	add_account
	dial
	find_session
	kill -SEGV "$handler"
	assert_closed
	await has_crit
	refute shares_layout
	ends
	out_of clone EAGAIN 'cannot make a process .*Resource temporarily unavailable'
}

@test "listener: when a child crashes, each later connection gets a process with addresses of its own" {
	command -v strace >/dev/null || skip 'needs strace'
	with_certificates crashed
	in_lab session_crashed
}

# What a listener hears of.
company() {
	connect 110
	(is_accepted second) 2>/dev/null || :
}

calls() {
	trace "$(listener)" -o /run/calls
	company
	kill "$tracer"
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' /run/calls | sort -u
}

is_gone() {
	[ ! -e "/proc/$1" ]
}

# killed_at CALL NUMBER: while a session is under way.
killed_at() {
	local first

	: >"$mailbox"
	two_messages
	begin_update
	first=$(listener)
	trace "$first" -e "inject=$1:signal=KILL:when=$2"
	company
	await is_gone "$first"
	wait "$tracer" || :
	await is_accepted second
	end_update
}

killed_at_each_call() {
	local call

	printf '[Socket]\nTriggerLimitBurst=1000\n' | new_socket
	add_account
	add_account second
	is_accepted second
	await is_serving 0
	for call in $(calls); do
		killed_at "$call" 1
	done
	refute grep 'trigger-limit' "$log"
}

@test "listener: killed at any of its system calls, it hurts no session and loses no mail, and is started again" {
	command -v strace >/dev/null || skip 'needs strace'
	in_lab killed_at_each_call
}

# --- drop-ins, and others -----------------------------------------------------

@test "listener: fail2ban bans nobody for lines that others wrote to the journal" {
	with_filters forged >"$work/found"
	assert_equal "$(<"$work/found")" 127.0.0.1
}

homes() {
	add_account
	mailbox=/home/mrose/mbox
	install -o mrose -g mrose -m 600 /dev/null "$mailbox"
	two_messages
	sed -n 's/^#\t//p' /usr/local/lib/systemd/system/pop3@.service >/run/homes
	drop_in pop3.service </run/homes
	set_options --maildrop=%h/mbox
	kill_before_truncation
	await only_the_second
	assert_noted "recovered $mailbox"
	dial_in
	ask 'DELE 1' '+OK message 1 deleted'
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	assert_closed
	[ ! -s "$mailbox" ]
	refute grep dotlock "$log"
}

@test "listener: mailboxes in homes are served, and recovered, with the drop-in of the comment" {
	command -v strace >/dev/null || skip 'needs strace'
	in_lab homes
}

no_group_shadow() {
	local id mail

	add_account
	groupdel shadow
	chown root:root /etc/shadow
	chmod 0 /etc/shadow
	drop_in pop3.service \
		</usr/local/share/doc/pop3-handler/no-shadow-group.conf
	id=$(id -u pop3-handler)
	mail=$(getent group mail | cut -d: -f3)
	dial
	find_session
	assert_process Uid "$id $id $id $id"
	assert_process Groups "$mail $id"
	assert_process CapPrm 00000000000000c4
	assert_process CapBnd 00000000000000c4
	log_in mrose
	assert_equal "$heard" "+OK mrose's maildrop has 0 messages (0 octets)"
	assert_process CapPrm 0000000000000000
	assert_process CapEff 0000000000000000
}

@test "listener: where there is no group shadow, its drop-in gives the right to read, until login" {
	in_lab no_group_shadow
}

uninstalled() {
	add_account
	two_messages
	systemctl enable --now pop3s.socket 2>/dev/null
	begin_update
	systemctl restart pop3.socket
	/srv/units/stop /usr/local/lib/systemd/system
	is_state inactive
	assert_equal "$(systemctl list-units --no-legend 'pop3*.socket' '*.target' | grep pop3)" ''
	rm /usr/local/lib/systemd/system/pop3*
	systemctl daemon-reload
	assert_equal "$(ss -Htln 'sport = 110 or sport = 995')" ''
	assert_equal "$(find /etc/systemd/system -name 'pop3*')" ''
	end_update
}

@test "listener: make uninstall stops it, and a session that is under way ends by itself" {
	own_tree
	install -D -t "$tree/srv/units" "$BATS_TEST_DIRNAME/../../units/stop"
	in_lab uninstalled
}
