# bats file_tags=root
#
# --check in the system that the units are installed in, under a real systemd
# that is booted for each test. What it finds elsewhere is in check.bats.
load ../lib/common
load ../lib/network
load ../lib/lab

setup_file() {
	is_root || return 0
	make_tree
	try_lab
}

# --- inside -------------------------------------------------------------------

# check [OPTION...] [USER...]
check() {
	ended=0
	timeout 60 /usr/local/sbin/pop3-handler --check "$@" >/run/found 2>&1 ||
		ended=$?
}

# finds LINE: a whole line, as an extended regular expression.
finds() {
	grep -qxE "$1" /run/found || fail "not found: $1
$(</run/found)"
}

enabled() {
	systemctl enable --quiet --now pop3.socket pop3s.socket \
		pop3-recover.service
}

nothing_is_wrong() {
	use_certificate server
	add_account
	two_messages
	enabled
	check mrose
	assert_equal "$ended" 0
	assert_equal "$(grep -v '^ok  ' /run/found)" ''
	finds 'ok    units: pop3.socket, pop3-recover.service and pop3s.socket start at boot'
	finds 'ok    ports: port 110: systemd \(process 1\).*'
	finds 'ok    ports: port 995: systemd \(process 1\).*'
	finds 'ok    certificate: /etc/pop3-handler/tls-cert.pem is for DNS:localhost, .*'
	finds 'ok    mrose: mailbox: /var/mail/mrose, .*: 2 messages, 320 octets; .*'
}

@test "as README.md installs it nothing is wrong" {
	with_certificates nothing_is_wrong
}

units_are_missing() {
	systemctl disable --quiet --now pop3.socket pop3-recover.service
	check
	assert_equal "$ended" 1
	finds 'warn  units: no socket of ours is enabled: .* Cure: systemctl enable --now pop3.socket'
	finds 'warn  units: updates .* Cure: systemctl enable pop3-recover.service'
	finds 'FAIL  ports: nobody listens on port 110 or 995: .*'
	enabled
	check
	finds 'FAIL  units: pop3s.socket is enabled, and there is no certificate .*'
	use_certificate server
	systemctl disable --quiet pop3s.socket
	check
	finds 'warn  units: there is a certificate, and pop3s.socket is not enabled: .*'
	ln -sf /srv/rsa.key /etc/pop3-handler/tls-key.pem
	check
	finds 'FAIL  certificate: no TLS: /etc/pop3-handler/tls-key.pem \(credential tls-key\) does not belong to the certificate: .*'
	rm /srv/rsa.key
	check
	finds 'FAIL  certificate: no TLS: /etc/pop3-handler/tls-key.pem \(credential tls-key\) is a link to a file that is not there, .*'
}

@test "units that are not enabled, or lack a certificate, are told of" {
	with_certificates units_are_missing
}

options_of_the_units() {
	enabled
	set_options --min-uid=3000 --accounts=/nowhere
	check
	finds 'ok    options: those of /etc/default/pop3-handler, too'
	finds 'FAIL  accounts: cannot open /nowhere: .*'
	check --accounts=system
	finds 'ok    accounts: system answers'
	set_options '"--min-uid=3000   --idle-timeout=900"'
	add_account
	check mrose
	finds 'FAIL  mrose: account: mrose, uid [0-9]+ \(3000 at least\), .*'
	set_options --min-uid=many
	check
	assert_equal "$ended" 1
	finds 'FAIL  options: /etc/default/pop3-handler has options that cannot be used, .*'
}

@test "the options of the units are taken, and told of if they cannot be" {
	in_lab options_of_the_units
}
