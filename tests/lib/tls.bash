# For the suites that speak TLS. Load common and network first. $certificates
# is what tests/tools/make-certificates has made.

# serve_tls starttls|implicit [OPTION...]: at $port, with the certificate
# $certificate (server).
serve_tls() {
	local name=${certificate-server}

	serve --tls="$1" --tls-cert="$certificates/$name.pem" \
		--tls-key="$certificates/$name.key" "${@:2}"
}

# s_client OPTION...: to $port; what it reads is sent inside TLS. In
# $work/client what came. For implicit TLS, unless it is told otherwise.
s_client() {
	timeout 60 openssl s_client -connect "127.0.0.1:$port" \
		-CAfile "$certificates/ca.pem" -verify_return_error \
		-ign_eof -nocommands "$@" >"$work/client" 2>"$work/complaints"
}

# tls_session [OPTION...] -- COMMAND...: as session, inside TLS.
tls_session() {
	local s_client_options=() kept=${kept-}

	while [ "$1" != -- ]; do
		s_client_options+=("$1")
		shift
	done
	shift
	s_client -quiet "${s_client_options[@]}" \
		< <(printf '%s\r\n' "$@") ||
		fail "s_client: $(<"$work/complaints")"
	{ echo -n "$kept"; cat "$work/client"; } >"$replies"
	sort_replies "$@"
}

# stls_session COMMAND...: the same after STLS. s_client keeps the greeting to
# itself.
stls_session() {
	local kept=$'+OK\r\n'

	tls_session -starttls pop3 -- "$@"
}
