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
	to=$update from=$update
	ask QUIT '+OK dewey POP3 server signing off (1 message left)'
	assert_closed
	only_the_second
}

# --- what there is ------------------------------------------------------------

faultless() {
	systemd-analyze verify --man=no --recursive-errors=no pop3.socket \
		pop3s.socket pop3.service 2>&1 || :
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
