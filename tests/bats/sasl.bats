# AUTH (RFC 5034) with PLAIN (RFC 4616), on a pipe: TLS is another matter.
load ../lib/common

# plain AUTHZID NAME PASSWORD: PLAIN's message, in base64.
plain() {
	printf '%s\0%s\0%s' "$@" | base64 -w 0
}

secret=$(plain '' mrose secret)

# assert_refused_response REPLY MESSAGE...: each, as the answer to a challenge.
assert_refused_response() {
	local reply=$1 message

	shift
	for message; do
		open_session
		ask 'AUTH PLAIN' '+ '
		ask "$message" "$reply"
		ask QUIT '+OK dewey POP3 server signing off'
		hang_up
	done
}

@test "CAPA lists the mechanisms, before login and after it (RFC 5034 section 3)" {
	session CAPA 'USER mrose' 'PASS secret' CAPA
	grep -qx 'SASL PLAIN' <<<"${body[1]}"
	grep -qx 'SASL PLAIN' <<<"${body[4]}"
}

@test "AUTH without a mechanism lists them, for clients that know no CAPA" {
	open_session
	ask AUTH '+OK'
	hear
	assert_equal "$heard" PLAIN
	hear
	assert_equal "$heard" .
	ask QUIT '+OK dewey POP3 server signing off'
	hang_up
}

@test "AUTH PLAIN logs in with an initial response (RFC 5034 section 4)" {
	mailbox_of 120
	session "AUTH PLAIN $secret" STAT QUIT
	assert_reply 1 "+OK mrose's maildrop has 1 message (120 octets)"
	assert_reply 2 '+OK 1 120'
	assert_logged 'login: client=local user=mrose'
	assert_logged 'session: .* user=mrose .* reason=quit tls=none'
}

@test "AUTH PLAIN logs in with the answer to an empty challenge (RFC 5034 section 4)" {
	open_session
	ask 'AUTH PLAIN' '+ '
	ask "$secret" "+OK mrose's maildrop has 0 messages (0 octets)"
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	hang_up
}

@test "verb and mechanism are case-insensitive (RFC 5034 section 4)" {
	session "auth plain $secret" NOOP
	assert_accepted 1 2
}

@test "the challenge is asked for at once, not after further input" {
	open_session
	say 'AUTH PLAIN'
	hear
	assert_equal "$heard" '+ '
	hang_up
	assert_equal "$rest" ''
	assert_logged 'session: .* reason=disconnected tls=none'
}

@test "an authorization identity may be the name itself (RFC 4616 section 2)" {
	session "AUTH PLAIN $(plain mrose mrose secret)" NOOP
	assert_accepted 1 2
}

@test "nobody can act as another, not even with the right password (RFC 4616 section 2)" {
	account jpostel
	session "AUTH PLAIN $(plain jpostel mrose secret)" \
		"AUTH PLAIN $(plain root mrose secret)"
	assert_reply 1 '-ERR [AUTH] user name or password is wrong'
	assert_reply 2 '-ERR [AUTH] user name or password is wrong'
	assert_logged 'refused: client=local user=mrose reason=auth'
	assert_logged 'session: client=local user=- .*'
}

@test "a wrong password and an unknown name are answered alike (RFC 3206 section 4)" {
	session "AUTH PLAIN $(plain '' mrose wrong)" \
		"AUTH PLAIN $(plain '' nobody-here wrong)"
	assert_reply 1 '-ERR [AUTH] user name or password is wrong'
	assert_reply 2 '-ERR [AUTH] user name or password is wrong'
	assert_logged 'refused: client=local user=mrose reason=auth'
	assert_logged 'refused: client=local user=nobody-here reason=auth'
}

@test "refusals of AUTH and of PASS count together: the third is the last" {
	session "AUTH PLAIN $(plain '' mrose one)" 'USER mrose' 'PASS two' \
		"AUTH PLAIN $(plain '' mrose three)" "AUTH PLAIN $secret"
	assert_reply 4 '-ERR [AUTH] user name or password is wrong, too often'
	assert_count 4
	assert_logged 'session: .* user=- .* reason=refused tls=none'
}

@test "a refused AUTH is not the end: the next may succeed (RFC 5034 section 4)" {
	session "AUTH PLAIN $(plain '' mrose wrong)" "AUTH PLAIN $secret" NOOP
	assert_refused 1
	assert_accepted 2 3
}

@test "a response that is not base64 is refused (RFC 5034 section 4)" {
	assert_refused_response '-ERR invalid response to AUTH PLAIN' \
		"${secret%=}" "$secret=" "$secret====" "${secret//=/.}" \
		" $secret" "$secret " "${secret:0:8} ${secret:8}" '====' \
		'AAAA=AAA' "${secret:0:12}A=${secret:14}"
}

@test "base64 has one form for each message: bits left over are 0 (RFC 4648 section 3.5)" {
	assert_refused_response '-ERR invalid response to AUTH PLAIN' \
		"${secret%A==}B==" "$(plain '' mrose secret12 | tr -d '\n' |
			sed 's/=$//; s/.$/&=/; s/M=$/N=/; s/I=$/J=/')"
}

@test "bad base64 is refused as an initial response, too" {
	session "AUTH PLAIN ${secret%=}" 'AUTH PLAIN *' NOOP
	assert_reply 1 '-ERR invalid response to AUTH PLAIN'
	assert_refused 2 3
	assert_count 3
}

@test "'*' cancels, and is no refused login (RFC 5034 section 4)" {
	local n

	open_session
	for n in 1 2 3 4 5; do
		ask 'AUTH PLAIN' '+ '
		ask '*' '-ERR cancelled'
	done
	ask "AUTH PLAIN $secret" "+OK mrose's maildrop has 0 messages (0 octets)"
	hang_up
	refute grep -q refused: "$log"
}

@test "'=' is an empty initial response, which PLAIN has not (RFC 5034 section 4)" {
	session 'AUTH PLAIN =' NOOP "AUTH PLAIN $secret"
	assert_reply 1 '-ERR invalid response to AUTH PLAIN'
	assert_refused 2
	assert_accepted 3
}

@test "an empty answer is refused, and the next line is a command again" {
	assert_refused_response '-ERR invalid response to AUTH PLAIN' ''
}

@test "an empty password is a wrong one" {
	session "AUTH PLAIN $(plain '' mrose '')" QUIT
	assert_reply 1 '-ERR [AUTH] user name or password is wrong'
	assert_logged 'refused: client=local user=mrose reason=auth'
}

@test "a message of another form than PLAIN's is refused (RFC 4616 section 2)" {
	local bad=()

	bad+=("$(printf 'mrose' | base64)")
	bad+=("$(printf '\0mrose' | base64)")
	bad+=("$(printf '\0mrose\0secret\0' | base64)")
	bad+=("$(printf '\0mrose\0sec\0ret' | base64)")
	bad+=("$(plain '' '' secret)")
	bad+=("$(plain '' '' '')")
	assert_refused_response '-ERR invalid response to AUTH PLAIN' "${bad[@]}"
}

@test "a password that is not UTF-8 is a password, as with PASS" {
	account latin1 "$(openssl passwd -1 -salt saltsalt $'gr\xfc\xdfe')"
	session "AUTH PLAIN $(plain '' latin1 $'gr\xfc\xdfe')" NOOP
	assert_accepted 1 2
	session 'USER latin1' $'PASS gr\xfc\xdfe' NOOP
	assert_accepted 1 3
}

@test "a password may be of any characters (RFC 4616 section 2)" {
	account utf8 "$(openssl passwd -1 -salt saltsalt $'gr\xc3\xbc\xc3\x9fe \xf0\x9f\x93\xac')"
	session "AUTH PLAIN $(plain '' utf8 $'gr\xc3\xbc\xc3\x9fe \xf0\x9f\x93\xac')" NOOP
	assert_accepted 1 2
}

@test "each part may have 255 octets, whatever a command line may have (RFC 4616 section 2)" {
	local name password

	name=$(printf '%255s' '' | tr ' ' n)
	password=$(printf '%255s' '' | tr ' ' p)
	account long "$(openssl passwd -6 -salt saltsalt "$password")"
	open_session
	ask 'AUTH PLAIN' '+ '
	ask "$(plain long long "$password")" \
		"+OK long's maildrop has 0 messages (0 octets)"
	hang_up
	open_session
	ask 'AUTH PLAIN' '+ '
	ask "$(plain "$name" "$name" "$password")" \
		'-ERR [AUTH] user name or password is wrong'
	hang_up
	assert_refused_response '-ERR invalid response to AUTH PLAIN' \
		"$(plain '' "${name:1}nn" x)" "$(plain '' mrose "${password}p")"
}

@test "a response over 1026 octets is one refusal, and nothing of it a command" {
	local long

	long=$(printf '%1024s' '' | tr ' ' A)
	assert_refused_response '-ERR invalid response to AUTH PLAIN' "$long"
	assert_refused_response '-ERR line too long' "${long}A" \
		"$long$long$long$long$long" "${long}AA QUIT"
}

@test "an AUTH line has at most 255 octets (RFC 5034 section 4)" {
	session "AUTH PLAIN $(printf '%244s' '' | tr ' ' A)" \
		"AUTH PLAIN $(printf '%240s' '' | tr ' ' A)"
	assert_reply 1 '-ERR line too long'
	assert_reply 2 '-ERR invalid response to AUTH PLAIN'
}

@test "a NUL in the response is refused" {
	open_session
	ask 'AUTH PLAIN' '+ '
	printf '%s\0\r\n' "$secret" >&"$to"
	hear
	assert_equal "$heard" '-ERR invalid response to AUTH PLAIN'
	hang_up
}

@test "mechanisms that are not there are refused (RFC 5034 section 4)" {
	session 'AUTH LOGIN' 'AUTH CRAM-MD5' 'AUTH PLAINS' 'AUTH PLAI' \
		'AUTH GSSAPI ='
	assert_reply 1 '-ERR no such mechanism'
	assert_refused 2 3 4 5
	assert_count 5
}

@test "AUTH takes two words (RFC 5034 section 4)" {
	session 'AUTH  PLAIN' 'AUTH PLAIN ' "AUTH PLAIN $secret x" \
		"AUTH PLAIN  $secret"
	assert_reply 1 '-ERR bad arguments'
	assert_reply 2 '-ERR bad arguments'
	assert_reply 3 '-ERR bad arguments'
	assert_reply 4 '-ERR bad arguments'
}

@test "after login there is no AUTH (RFC 5034 section 4)" {
	transaction AUTH "AUTH PLAIN $secret" NOOP
	assert_refused 1 2
	assert_accepted 3
}

@test "AUTH between USER and PASS forgets the name (RFC 1939 section 7)" {
	session 'USER mrose' AUTH 'PASS secret'
	assert_body 2 PLAIN
	assert_reply 3 '-ERR say USER first'
}

@test "the time for a login goes on inside AUTH" {
	open_session --idle-timeout=1
	ask 'AUTH PLAIN' '+ '
	finish_session
	exec {to}>&-
	assert_equal "$rest" ''
	assert_logged 'session: .* reason=timeout tls=none'
}

@test "no line of the log shows a password or what it came in" {
	session "AUTH PLAIN $secret" QUIT
	session "AUTH PLAIN $(plain '' mrose wrong)" QUIT
	refute grep -F -e "$secret" -e wrong -e "$(plain '' mrose wrong)" "$log"
}
