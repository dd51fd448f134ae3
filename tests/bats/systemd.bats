# bats file_tags=root
#
# The units under a real systemd, booted for each test (tests/systemd/lab) over
# what make install puts into a DESTDIR, with accounts that useradd makes. The
# sockets have the drop-in that makes a unit for each connection; those of the
# listener are in systemd_listener.bats.
load ../lib/common
load ../lib/network
load ../lib/lab

setup_file() {
	local unit

	is_root || return 0
	make_tree
	for unit in pop3 pop3s; do
		install -D -m 644 "$BATS_TEST_DIRNAME/../../units/accept.conf" \
			"$tree/usr/lib/systemd/system/$unit.socket.d/accept.conf"
	done
	try_lab
}

# --- inside -------------------------------------------------------------------

# Turned away: the connection is closed and not a word is said.
assert_turned_away() {
	exec {to}<>"/dev/tcp/$1/110"
	assert_equal "$(timeout 60 cat <&"$to")" ''
}

# pop3.service, which is not started here, names an instance.
sessions_are_gone() {
	[ -z "$(systemctl list-units --all --no-legend 'pop3*@[!l]*')" ]
}

assert_no_recovery() {
	await sessions_are_gone
	journalctl --sync
	assert_equal "$(journalctl --quiet --unit='pop3-recover@*')" ''
}

# --- boot ---------------------------------------------------------------------

booted() {
	assert_equal "$(id -nG pop3-handler | tr ' ' '\n' | sort | xargs)" \
		'mail pop3-handler shadow'
	[ "$(id -u pop3-handler)" -lt 1000 ]
	assert_equal "$(getent passwd pop3-handler | cut -d: -f5-)" \
		'POP3 server:/var/lib/pop3-handler:/usr/sbin/nologin'
	[[ $(getent shadow pop3-handler) == pop3-handler:[\!*]* ]]
	assert_equal "$(stat -c '%U %G %a' /var/lib/pop3-handler)" \
		'pop3-handler pop3-handler 700'
	assert_noted 'pop3-recover.service.* skipped because no trigger condition'
	grep -q 'Reached target multi-user.target' "$log"
}

@test "systemd: at boot the service user and its state directory are made, and the socket listens" {
	in_lab booted
}

faultless() {
	systemd-analyze verify --man=no --recursive-errors=no \
		pop3.socket pop3@.service pop3s.socket pop3s@.service \
		pop3-recover.service pop3-recover@.service \
		pop3-again.timer pop3s-again.timer 2>&1 || :
}

@test "systemd finds no fault with the units where it runs them" {
	in_lab faultless >"$work/faults"
	[ ! -s "$work/faults" ] || fail "$(<"$work/faults")"
}

# A session's process sees the /sys that the machine has, not one of its unit's:
# what that says of the boot is true.
sees_boot() {
	local pid

	add_account
	mailbox_of 120
	dial_in
	pid=$(pgrep -n pop3-handler)
	assert_equal "$(stat -c %d:%Y "/proc/$pid/root/sys")" \
		"$(stat -c %d:%Y /sys)"
}

@test "systemd: a session knows since when the machine runs" {
	in_lab sees_boot
}

# --- sessions -----------------------------------------------------------------

is_watched() {
	ss -Htno 'sport = 110' | grep -q keepalive
}

fetch_and_delete() {
	add_account
	two_messages
	dial_in "$1"
	assert_equal "$heard" "+OK mrose's maildrop has 2 messages (320 octets)"
	await is_watched
	ask 'RETR 1' '+OK 120 octets'
	hear_message /run/1
	message 120 1 | cmp - /run/1
	ask 'DELE 1' '+OK message 1 deleted'
	ask QUIT '+OK dewey POP3 server signing off (1 message left)'
	assert_closed
	only_the_second
	assert_noted "session: client=$1 user=mrose .* deleted=1 .*=quit tls=none\$"
	refute grep -E 'dotlock|WARN|rror' "$log"
}

@test "systemd: a system account's mail is fetched and deleted over IPv4" {
	in_lab fetch_and_delete 127.0.0.1
}

@test "systemd: the same over IPv6" {
	in_lab fetch_and_delete ::1
}

# What differs from session to session.
without_time() {
	sed -E 's/([Ss])(econds|ECONDS)=[0-9.]+/\1\2=T/'
}

journal_entries() {
	add_account
	two_messages
	dial_in
	ask 'RETR 2' '+OK 200 octets'
	hear_message /run/2
	ask 'DELE 1' '+OK message 1 deleted'
	say QUIT
	assert_noted 'session: .* reason=quit tls=none'
	entry POP3_REASON=quit | without_time >/run/session
	diff - /run/session <<-END
		MESSAGE=session: client=127.0.0.1 user=mrose retrieved=1 \
retrieved_octets=200 top=0 top_octets=0 deleted=1 deleted_octets=120 left=1 left_octets=200 \
seconds=T reason=quit tls=none
		MESSAGE_ID=4d9bfb9e1f5a4a3c9f4b5a86ce1d2a07
		POP3_CLIENT=127.0.0.1
		POP3_DELETED=1
		POP3_DELETED_OCTETS=120
		POP3_LEFT=1
		POP3_LEFT_OCTETS=200
		POP3_REASON=quit
		POP3_RETRIEVED=1
		POP3_RETRIEVED_OCTETS=200
		POP3_SECONDS=T
		POP3_TLS=none
		POP3_TOP=0
		POP3_TOP_OCTETS=0
		POP3_USER=mrose
		PRIORITY=6
		SYSLOG_FACILITY=2
		SYSLOG_IDENTIFIER=pop3-handler
	END
	dial ::1
	log_in root
	assert_equal "$heard" '-ERR [AUTH] user name or password is wrong'
	assert_noted 'refused: .* reason=auth'
	entry POP3_REASON=auth >/run/refusal
	diff - /run/refusal <<-'END'
		MESSAGE=refused: client=::1 user=root reason=auth
		MESSAGE_ID=b8e7e0f1c3a94a2d8a6f2f3f9d6f5c11
		POP3_CLIENT=::1
		POP3_REASON=auth
		POP3_USER=root
		PRIORITY=5
		SYSLOG_FACILITY=2
		SYSLOG_IDENTIFIER=pop3-handler
	END
}

@test "systemd: the journal has the fields of a session and of a refusal" {
	in_lab journal_entries
}

@test "systemd: fail2ban bans nobody for lines that others wrote to the journal" {
	with_filters forged >"$work/found"
	assert_equal "$(<"$work/found")" 127.0.0.1
}

slices() {
	systemctl show -p Slice --value pop3@i.service pop3s@i.service | sed '/^$/d'
}

@test "systemd: fail2ban looks at the slices that the units are in" {
	local slice filter=units/fail2ban/filter.d/pop3-handler.conf

	in_lab slices >"$work/slices"
	assert_equal "$(wc -l <"$work/slices")" 2
	while read -r slice; do
		grep -q " _SYSTEMD_SLICE=$slice\\( \\|$\\)" \
			"$BATS_TEST_DIRNAME/../../$filter"
	done <"$work/slices"
}

# --- what it may --------------------------------------------------------------

privileges() {
	add_account
	dial
	find_session
	assert_service_user
	log_in mrose
	assert_equal "$heard" "+OK mrose's maildrop has 0 messages (0 octets)"
	assert_account
	say QUIT
}

@test "systemd: before login it is the service user with two capabilities, after it the account with none" {
	in_lab privileges
}

probe_session() {
	trap_for_probe
	exec {to}<>/dev/tcp/127.0.0.1/110
	without_ours <&"$to"
}

probe_recovery() {
	trap_for_probe
	touch /var/lib/pop3-handler/something
	systemctl start pop3-recover.service
	assert_noted 'user namespace: '		# its last word
	journalctl --output=cat --identifier=pop3-handler | without_ours
}

@test "systemd: who takes a session over finds nothing to see, to write or to run but the mail" {
	probe_finds_little probe_session 64
}

@test "systemd: nor does who takes the recovery over" {
	probe_finds_little probe_recovery 64
}

@test "systemd-analyze security: an exposure of at most 1.0, and no item is open but those that must be" {
	in_lab left_open pop3@.service pop3s@.service pop3-recover.service \
		pop3-recover@.service 2>"$work/exposure"
	sed 's/^/# /' "$work/exposure" >&3
}

# --- limits -------------------------------------------------------------------

has_room() {
	[ "$(property pop3.socket NConnections)" -lt 3 ]
}

limits() {
	local first

	printf '[Socket]\nMaxConnections=3\nMaxConnectionsPerSource=2\n' |
		new_socket
	dial 127.0.0.1
	first=$to
	dial 127.0.0.1
	assert_turned_away 127.0.0.1
	dial ::1
	assert_turned_away ::1
	to=$first from=$first
	ask QUIT '+OK dewey POP3 server signing off'
	exec {to}>&-
	await has_room
	dial ::1
}

@test "systemd: connections over a limit, of one address or of all, are closed at once, and others are served" {
	in_lab limits
}

installed_limits() {
	local unit

	assert_equal "$(property pop3.socket MaxConnections)" 512
	assert_equal "$(property pop3.socket MaxConnectionsPerSource)" 20
	assert_equal "$(property pop3.socket TriggerLimitBurst)" 250
	assert_equal "$(property pop3.socket TriggerLimitIntervalUSec)" 5s
	assert_equal "$(property pop3-again.timer AccuracyUSec)" 1s
	for unit in pop3@one.service pop3-recover.service; do
		assert_equal "$(property $unit TasksMax)" 16
		assert_equal "$(property $unit MemoryMax)" $((2 << 30))
	done
	assert_equal "$(property pop3-recover.service TimeoutStartUSec)" 15min
}

@test "systemd: connections, processes and memory have the limits that are meant" {
	in_lab installed_limits
}

is_greeted() {
	exec {to}<>/dev/tcp/127.0.0.1/110
	IFS= read -r -t 60 -u "$to" heard && [[ $heard == +OK* ]]
}

# A place is free again once systemd has seen its process end.
many_at_once() {
	local one

	for _ in {1..100}; do
		exec {one}<>/dev/tcp/127.0.0.1/110
		exec {one}>&-
	done
	await is_greeted
	systemctl --quiet is-active pop3.socket
	refute grep 'trigger-limit-hit' "$log"
}

@test "systemd: many quick connections do not put the socket out of service" {
	in_lab many_at_once
}

flood() {
	local n

	for n in {1..700}; do
		connect "$1" || break
	done
	await has_closed "$2"
}

# More than once: the timer that starts it again may still be there.
flooded() {
	local service=$1 port=$2

	systemctl start "$service.socket"
	for _ in 1 2 3; do
		flood "$port" "$service"
		await connect "$port"
		systemctl --quiet is-active "$service.socket"
	done
	systemctl stop "$service.socket"
	assert_equal "$(systemctl list-timers --no-legend "$service-again*")" ''
}

@test "systemd: a flood of connections closes the socket, and it opens again without an admin" {
	in_lab flooded pop3 110
}

@test "systemd: the same for pop3s" {
	in_lab flooded pop3s 995
}

# --- TLS ----------------------------------------------------------------------

secure_sessions() {
	add_account
	use_certificate server
	systemctl start pop3s.socket
	s_client 995 -sess_out /run/session
	grep -q '^New, TLSv1.3' /run/said
	s_client 995 -sess_in /run/session
	grep -q '^Reused, TLSv1.3' /run/said
	s_client 110 -starttls pop3 -sess_in /run/session
	grep -q '^Reused, TLSv1.3' /run/said
	assert_equal "$(stat -c '%U %G %a' /var/lib/pop3-handler/tickets)" \
		'pop3-handler pop3-handler 600'
	use_certificate rsa
	s_client 995
	grep -q 'Server public key is 2048 bit' /run/said
	refute grep -iE 'no TLS|no new key|warn|denied' "$log"
	blames_file key /srv/nothing ' is a link to a file that is not there'
	blames_file key /srv/rsa.pem ' holds no private key'
	rm /etc/pop3-handler/tls-key.pem
	dial
	ask STLS '-ERR TLS cannot be started'
	assert_noted 'no TLS: /etc/pop3-handler/tls-key.pem is not there, and /etc/pop3-handler/tls-cert.pem holds no private key'
	use_certificate server
	blames_file cert /srv/nothing ' is a link to a file that is not there'
	blames_file cert /srv/server.key ' holds no certificate: '
}

# blames_file cert|key TARGET FAULT: with a link to this, STLS cannot be started,
# and the log says what is wrong with which file.
blames_file() {
	ln -sf "$2" "/etc/pop3-handler/tls-$1.pem"
	dial
	ask STLS '-ERR TLS cannot be started'
	ask QUIT '+OK dewey POP3 server signing off'
	assert_noted "no TLS: /etc/pop3-handler/tls-$1.pem .credential tls-$1.$3"
}

@test "systemd: with two links pop3s is served, and STLS; keys of tickets are shared, a new certificate is used at once" {
	with_certificates secure_sessions
}

no_certificate() {
	add_account
	dial
	ask STLS '-ERR TLS cannot be started'
	ask 'USER mrose' '+OK mrose'
	ask QUIT '+OK dewey POP3 server signing off'
	assert_closed
	systemctl start pop3s.socket
	exec {to}<>/dev/tcp/127.0.0.1/995
	assert_equal "$(timeout 60 cat <&"$to")" ''
	assert_noted 'pop3-handler.*: there is no certificate for TLS: .* credential tls-cert'
	ln -s /srv/nothing /etc/pop3-handler/tls-cert.pem
	exec {to}<>/dev/tcp/127.0.0.1/995
	assert_equal "$(timeout 60 cat <&"$to")" ''
	assert_noted 'no TLS: /etc/pop3-handler/tls-cert.pem .* is a link to a file that is not there'
	assert_equal "$(systemctl --failed --no-legend)" ''
	assert_no_recovery
}

@test "systemd: without a certificate pop3 is served as ever, and pop3s says in the log what is missing" {
	in_lab no_certificate
}

# --- recovery -----------------------------------------------------------------

others() {
	echo postfix@- postfix exim4 opensmtpd sendmail dovecot fetchmail inetd \
		inetutils-inetd xinetd
}

# Stand-ins for others that use the mailboxes: each keeps what it sees there.
readers() {
	local name

	for name in $(others); do
		printf '[Service]\nType=oneshot\nExecStart=cp %s %s\n' \
			"$mailbox" "/run/$name" \
			>"/run/systemd/system/$name.service"
		systemctl --quiet --runtime add-wants multi-user.target \
			"$name.service"
	done
}

interrupted() {
	local name

	systemctl --quiet --runtime mask pop3-recover@.service
	add_account
	two_messages
	interrupt_update
	readers
	systemctl stop multi-user.target
	systemctl start multi-user.target
	only_the_second
	for name in $(others); do
		cmp "$mailbox" "/run/$name"
	done
	assert_noted "recovered $mailbox"
	dial_in
	assert_equal "$heard" "+OK mrose's maildrop has 1 message (200 octets)"
}

@test "systemd: an update that was interrupted is finished at boot, before others see the mailbox" {
	command -v strace >/dev/null || skip 'needs strace'
	in_lab interrupted
}

# Is the first one, which was started before the second failure, still there?
recoveries() {
	systemctl list-units --no-legend --state="$1" 'pop3-recover@*' | wc -l
}

recoveries_are() {
	[ "$(recoveries activating)" -eq "$1" ]
}

kill_update() {
	: >"$mailbox"
	two_messages
	kill_before_truncation
}

# Each recovery stays once it is done, so that the next failure comes while one
# is running. More failures than the start limit of a unit allows.
killed() {
	local n

	add_account
	printf '[Service]\nExecStartPost=+/bin/sleep infinity\n' |
		drop_in pop3-recover@.service
	for n in {1..7}; do
		kill_update
		await only_the_second
		await recoveries_are "$n"
	done
	assert_noted "recovered $mailbox"
}

@test "systemd: when a session is killed in the middle of an update, that is finished at once, and so is the next" {
	command -v strace >/dev/null || skip 'needs strace'
	in_lab killed
}

failed_halfway() {
	add_account
	two_messages
	with_fault error=EIO
	hear
	assert_equal "$heard" '-ERR [SYS/TEMP] some deleted messages not removed'
	assert_closed
	await only_the_second
	assert_noted 'pop3@.* code=exited, status=112'
	assert_noted "recovered $mailbox"
}

@test "systemd: when the disk fails in the middle of an update, that is finished at once" {
	command -v strace >/dev/null || skip 'needs strace'
	in_lab failed_halfway
}

# A user and a state directory that only the options of the file know.
with_own_options() {
	local unit

	add_account
	usermod -u 600 mrose
	chown mrose "$mailbox"
	two_messages
	set_options --min-uid=500 --state=/srv/state
	install -d -o pop3-handler -m 700 /srv/state
	for unit in pop3@.service pop3-recover{,@}.service; do
		printf '[Service]\nReadWritePaths=/srv/state\n' |
			drop_in "$unit"
	done
}

killed_with_own_options() {
	with_own_options
	kill_before_truncation
	await only_the_second
}

interrupted_with_own_options() {
	systemctl --quiet --runtime mask pop3-recover@.service
	with_own_options
	interrupt_update
	systemctl start pop3-recover.service
	only_the_second
}

@test "systemd: the recovery takes the options of the file, after a failure and at boot" {
	command -v strace >/dev/null || skip 'needs strace'
	in_lab killed_with_own_options
	in_lab interrupted_with_own_options
}

# --- drop-ins, and what is wrong ----------------------------------------------

homes() {
	systemctl --quiet --runtime mask pop3-recover@.service
	add_account
	mailbox=/home/mrose/mbox
	install -o mrose -g mrose -m 600 /dev/null "$mailbox"
	two_messages
	sed -n 's/^#\t//p' /usr/local/lib/systemd/system/pop3@.service >/run/homes
	drop_in pop3@.service </run/homes
	set_options --maildrop=%h/mbox
	interrupt_update
	drop_in pop3-recover.service </run/homes
	systemctl start pop3-recover.service
	only_the_second
	dial_in
	ask 'DELE 1' '+OK message 1 deleted'
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	assert_closed
	[ ! -s "$mailbox" ]
	refute grep dotlock "$log"
}

@test "systemd: mailboxes in homes are served, and recovered, with the drop-in of the comment" {
	command -v strace >/dev/null || skip 'needs strace'
	in_lab homes
}

no_group_shadow() {
	local id mail

	add_account
	groupdel shadow
	chown root:root /etc/shadow
	chmod 0 /etc/shadow
	assert_turned_away 127.0.0.1
	assert_noted 'status=216/GROUP'
	drop_in pop3@.service \
		</usr/local/share/doc/pop3-handler/no-shadow-group.conf
	id=$(id -u pop3-handler)
	mail=$(getent group mail | cut -d: -f3)
	dial
	find_handler
	assert_process Uid "$id $id $id $id"
	assert_process Groups "$mail $id"
	assert_process CapPrm 00000000000000c4
	assert_process CapBnd 00000000000000c4
	log_in mrose
	assert_equal "$heard" "+OK mrose's maildrop has 0 messages (0 octets)"
	assert_process CapPrm 0000000000000000
	assert_process CapEff 0000000000000000
}

@test "systemd: where there is no group shadow, its drop-in gives the right to read, until login" {
	in_lab no_group_shadow
}

refused_for_now() {
	dial
	log_in mrose
	[[ $heard == '-ERR [SYS/'* ]] || fail "$heard"
	assert_closed
}

come_and_go() {
	dial_in
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	assert_closed
}

state_directory() {
	add_account
	rm -r /var/lib/pop3-handler
	come_and_go
	chmod 755 /var/lib/pop3-handler
	chown -R root:root /var/lib/pop3-handler
	come_and_go
	assert_equal "$(stat -c '%U %G %a' /var/lib/pop3-handler)" \
		'pop3-handler pop3-handler 700'
}

@test "systemd: a state directory that is gone, or that others may enter, is put right" {
	in_lab state_directory
}

own_state_directory_of_wrong_mode() {
	add_account
	drop_in pop3@.service <<-'END'
		[Service]
		ExecStart=
		ExecStart=/usr/local/sbin/pop3-handler --state=/srv/state
		ReadWritePaths=-/srv/state
	END
	refused_for_now
	assert_noted 'pop3-handler.*: cannot open state directory /srv/state: '
	install -d -o pop3-handler -m 755 /srv/state
	refused_for_now
	assert_noted 'pop3-handler.*: state directory /srv/state must belong to'
	chmod 700 /srv/state
	dial_in
}

@test "systemd: another state directory that is missing or of the wrong mode is named in the log" {
	in_lab own_state_directory_of_wrong_mode
}

wrong_option() {
	set_options --login-timeout=60 --idle-timeout=never
	assert_turned_away 127.0.0.1
	assert_noted 'pop3-handler.*--idle-timeout.*seconds from 1 to 86400'
	assert_equal "$(systemctl --failed --no-legend)" ''
	assert_no_recovery
	entry --identifier=pop3-handler |
		grep -x 'SYSLOG_FACILITY=2'
}

@test "systemd: a wrong option in the file of options is named in the log, and no failed unit stays" {
	in_lab wrong_option
}

given_options() {
	set_options --hostname=huey --login-timeout=60
	exec {to}<>/dev/tcp/127.0.0.1/110
	IFS= read -r -t 60 -u "$to" heard
	[[ $heard == '+OK huey '* ]] || fail "$heard"
	use_certificate server
	systemctl start pop3s.socket
	timeout 60 openssl s_client -connect 127.0.0.1:995 -quiet \
		-nocommands 2>/dev/null < <(printf 'QUIT\r\n') >/run/said || :
	grep -q '^+OK huey ' /run/said
}

@test "systemd: both ports take the options of the file" {
	with_certificates given_options
}

# The commands of README.md, as they stand there.
shown_log() {
	local command=$1

	add_account
	dial_in
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	assert_closed
	assert_noted 'session: .*user=mrose'
	journalctl --sync
	eval "$command" | grep 'session: client=127.0.0.1 user=mrose .*reason=quit tls=none'
}

@test "systemd: the commands of README.md show the line of a session" {
	local command count=0

	while read -r command; do
		in_lab shown_log "$command"
		count=$((count + 1))
	done < <(sed -n 's/^    \(journalctl .*\)/\1/p' \
		"$BATS_TEST_DIRNAME/../../README.md")
	[ "$count" -ge 2 ]
}

uninstalled() {
	systemctl enable --now pop3s.socket 2>/dev/null
	/srv/units/stop /usr/local/lib/systemd/system
	rm /usr/local/lib/systemd/system/pop3*
	systemctl daemon-reload
	assert_equal "$(ss -Htln 'sport = 110 or sport = 995')" ''
	assert_equal "$(find /etc/systemd/system -name 'pop3*')" ''
}

@test "systemd: what make uninstall removes is stopped first, and started by nobody at boot" {
	own_tree
	install -D -t "$tree/srv/units" "$BATS_TEST_DIRNAME/../../units/stop"
	in_lab uninstalled
}
