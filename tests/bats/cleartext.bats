# bats file_tags=root
#
# Passwords without TLS: from this machine only, unless the operator allows it
# (RFC 8314 section 4.1). In a system of its own, which has the address
# 192.0.2.1, too.
load ../lib/common
load ../lib/network

refusal='-ERR [AUTH] no passwords without TLS: please turn on TLS (SSL) in your mail program'

# from_far FUNCTION [OPTION...]: its port 110 is served with these options.
from_far() {
	root_only
	in_private_system far "$@"
}

far() {
	ip address add 192.0.2.1/32 dev lo
	install -o pop3-handler -m 600 "$certificates/together.pem" /run/test
	options=("${@:2}")
	start_systemd-inetd
	"$1"
}

hear_capabilities() {
	ask CAPA '+OK capability list follows'
	hear_message /run/test/capabilities
}

refused_from_far() {
	dial 192.0.2.1
	hear_capabilities
	refute grep -E '^(USER|SASL|STLS)' /run/test/capabilities
	grep -qx TOP /run/test/capabilities
	ask 'USER mrose' "$refusal"
	ask 'PASS secret' "$refusal"
	ask AUTH "$refusal"
	ask 'AUTH PLAIN' "$refusal"
	ask 'AUTH PLAIN AG1yb3NlAHNlY3JldA==' "$refusal"
	ask STAT '-ERR not in this state'
	ask XYZZY '-ERR unknown command'
	ask QUIT '+OK dewey POP3 server signing off'
	assert_closed
	assert_noted 'session: client=192.0.2.1 user=- .* reason=quit tls=none'
	assert_equal "$(grep -c '192.0.2.1 may not log in without TLS, and there is no certificate: see --tls-cert and --allow-cleartext' "$log")" 1
	assert_equal "$(grep -o 'refused: .*' "$log")" 'refused: client=192.0.2.1 user=mrose reason=cleartext'
	dial 192.0.2.1
	ask 'AUTH PLAIN' "$refusal"
	ask QUIT '+OK dewey POP3 server signing off'
	assert_closed
	assert_noted 'refused: client=192.0.2.1 user=- reason=cleartext$'
}

@test "from other machines no password is taken without TLS, nor asked for by CAPA (RFC 8314 section 4.1)" {
	from_far refused_from_far
}

taken_from_near() {
	local address

	for address in 127.0.0.1 127.9.9.9 ::1 ::ffff:127.0.0.1; do
		dial "$address"
		hear_capabilities
		grep -qx USER /run/test/capabilities
		grep -qx 'SASL PLAIN' /run/test/capabilities
		log_in mrose
		assert_equal "$heard" \
			"+OK mrose's maildrop has 0 messages (0 octets)"
		ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
		assert_closed
	done
}

@test "from loopback addresses passwords are taken, mapped ones included" {
	from_far taken_from_near
}

taken_from_far() {
	dial 192.0.2.1
	hear_capabilities
	grep -qx USER /run/test/capabilities
	grep -qx 'SASL PLAIN' /run/test/capabilities
	log_in mrose
	assert_equal "$heard" "+OK mrose's maildrop has 0 messages (0 octets)"
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	assert_closed
	refute grep 'without TLS' "$log"
}

@test "--allow-cleartext takes passwords from everywhere" {
	from_far taken_from_far --allow-cleartext
}

offered_from_far() {
	dial 192.0.2.1
	hear_capabilities
	grep -qx STLS /run/test/capabilities
	refute grep -E '^(USER|SASL)' /run/test/capabilities
	ask 'USER mrose' "$refusal"
	ask 'PASS secret' "$refusal"
	ask QUIT '+OK dewey POP3 server signing off'
	assert_closed
	assert_noted 'refused: client=192.0.2.1 user=mrose reason=cleartext$'
	assert_noted '192.0.2.1 may not log in without TLS: its mail program must turn on STARTTLS or SSL$'
}

@test "with a certificate STLS is offered instead (RFC 2595 section 4)" {
	from_far offered_from_far --tls-cert=/run/test/together.pem
}

taken_inside_tls() {
	dial 192.0.2.1
	exec {to}>&-
	timeout 60 openssl s_client -connect 192.0.2.1:110 -starttls pop3 \
		-quiet -CAfile "$certificates/ca.pem" -verify_return_error \
		2>/dev/null >/run/test/said \
		< <(printf '%s\r\n' CAPA 'USER mrose' 'PASS secret' QUIT)
	grep -q '^USER' /run/test/said
	grep -q '^SASL PLAIN' /run/test/said
	refute grep -q '^STLS' /run/test/said
	grep -q "^+OK mrose's maildrop has 0 messages" /run/test/said
}

@test "inside TLS passwords are taken from everywhere" {
	from_far taken_inside_tls --tls-cert=/run/test/together.pem
}
