# TLS from the start (RFC 8314) and after STLS (RFC 2595).
load ../lib/common
load ../lib/network
load ../lib/tls

setup_file() {
	command -v openssl >/dev/null || skip 'needs openssl'
}

# open_tls_session [OPTION...]: one on pipes that has a certificate.
open_tls_session() {
	open_session --tls-cert="$certificates/server.pem" \
		--tls-key="$certificates/server.key" "$@"
}

# python_session MODE: $work/client has what the lines of it that we read
# print. `context` knows our authority, `port` is the server's.
python_session() {
	mkdir -p "$work/home"
	own "$work/home"
	{
		cat <<-END
			import poplib, socket, ssl, struct
			port = $port
			context = ssl.create_default_context(
			    cafile="$certificates/ca.pem")
			# an end that nobody has announced is an error
			context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
			def dial():
			    raw = socket.create_connection(("localhost", port))
			    raw.settimeout(60)
			    return raw
			def wrap(raw):
			    return context.wrap_socket(raw, server_hostname="localhost",
			                               suppress_ragged_eofs=False)
			def accepted(lines, *commands):
			    for command in commands:
			        if command:
			            lines.write(command + b"\r\n")
			            lines.flush()
			        assert lines.readline().startswith(b"+OK")
			def log_in(tls):
			    lines = tls.makefile("rwb")
			    accepted(lines, None, b"USER mrose", b"PASS secret")
			    return lines
		END
		cat
	} | configure session.py
	client python3 "$work/home/session.py"
}

# --- sessions -----------------------------------------------------------------

@test "TLS from the start: the greeting is inside it (RFC 8314 section 3.2)" {
	mailbox_of 120 200
	serve_tls implicit
	tls_session -- 'USER mrose' 'PASS secret' STAT 'DELE 1' QUIT
	assert_reply 0 '+OK dewey POP3 server ready'
	assert_reply 3 '+OK 2 320'
	assert_reply 5 '+OK dewey POP3 server signing off (1 message left)'
}

@test "TLS after STLS: the session goes on inside it (RFC 2595 section 4)" {
	mailbox_of 120 200
	serve_tls starttls
	stls_session 'USER mrose' 'PASS secret' STAT 'DELE 1' QUIT
	assert_reply 3 '+OK 2 320'
	assert_reply 5 '+OK dewey POP3 server signing off (1 message left)'
}

@test "AUTH PLAIN works inside TLS (RFC 5034 section 4)" {
	serve_tls implicit
	tls_session -- 'AUTH PLAIN AG1yb3NlAHNlY3JldA==' STAT QUIT
	assert_accepted 1 2 3
}

@test "with a certificate STLS is what is offered, without --tls (RFC 2595 section 4)" {
	open_tls_session
	ask STLS '+OK begin TLS'
	hang_up
}

@test "without a certificate there is no STLS (RFC 2595 section 4)" {
	session CAPA STLS 'USER mrose' 'PASS secret' CAPA
	refute grep -q STLS <<<"${body[1]}${body[5]}"
	assert_reply 2 '-ERR TLS cannot be started'
	assert_accepted 3 4
}

@test "--tls=off offers none in spite of a certificate" {
	session_options=(--tls=off --tls-cert="$certificates/together.pem")
	converse "${session_options[@]}" < <(printf 'CAPA\r\nSTLS\r\nQUIT\r\n')
	sort_replies CAPA STLS QUIT
	refute grep -q STLS <<<"${body[1]}"
	assert_reply 2 '-ERR TLS cannot be started'
}

@test "CAPA lists STLS while it can be used: not inside TLS, not after login (RFC 2595 section 4)" {
	serve_tls starttls
	stls_session CAPA STLS 'USER mrose' 'PASS secret' CAPA STLS QUIT
	refute grep -q STLS <<<"${body[1]}${body[5]}"
	grep -qx USER <<<"${body[1]}"
	assert_reply 2 '-ERR TLS cannot be started'
	assert_accepted 3 4
	assert_refused 6
	open_tls_session
	ask CAPA '+OK capability list follows'
	hear_message "$work/capabilities"
	grep -qx STLS "$work/capabilities"
	ask 'USER mrose' '+OK mrose'
	say 'PASS secret'
	hear
	ask CAPA '+OK capability list follows'
	hear_message "$work/capabilities"
	refute grep -qx STLS "$work/capabilities"
	ask STLS '-ERR not in this state'
	hang_up
}

@test "implicit TLS has no STLS (RFC 8314 section 3.2)" {
	serve_tls implicit
	tls_session -- CAPA STLS QUIT
	refute grep -q STLS <<<"${body[1]}"
	assert_reply 2 '-ERR TLS cannot be started'
}

# Only root can look.
@test "a session in clear does not load the library, one with TLS does (as root)" {
	root_only
	open_tls_session
	ask 'USER mrose' '+OK mrose'
	refute grep -q libssl "/proc/$pid/maps"
	ask CAPA '+OK capability list follows'
	hear_message "$work/capabilities"
	grep -q libssl "/proc/$pid/maps"
	hang_up
}

@test "nothing is asked of a client but that it speaks TLS: no certificate" {
	serve_tls implicit
	s_client -tls1_3 -msg < <(printf 'QUIT\r\n')
	grep -q CertificateVerify "$work/client"
	refute grep -q CertificateRequest "$work/client"
}

# --- what comes before ----------------------------------------------------------

@test "what is pipelined after STLS is not obeyed: the connection ends (RFC 2595 section 4)" {
	mailbox_of 120
	remember_mailbox
	converse --tls-cert="$certificates/together.pem" < <(printf '%s\r\n' \
		STLS 'USER mrose' 'PASS secret' 'DELE 1' QUIT)
	assert_equal "$(<"$replies")" $'+OK dewey POP3 server ready\r'
	assert_logged 'session: .* user=- .* reason=disconnected tls=none'
	assert_mailbox_untouched
}

@test "a single octet after STLS is enough for that" {
	converse --tls-cert="$certificates/together.pem" < <(printf 'STLS\r\nx')
	assert_equal "$(<"$replies")" $'+OK dewey POP3 server ready\r'
}

@test "what is put in between STLS and the handshake is not obeyed (CVE-2021-33515)" {
	serve_tls starttls
	python_session <<-'END'
		raw = dial()
		lines = raw.makefile("rwb")
		lines.readline()
		lines.write(b"STLS\r\n")
		lines.flush()
		assert lines.readline() == b"+OK begin TLS\r\n"
		raw.sendall(b"CAPA\r\n")
		try:
		    tls = wrap(raw)
		except (ssl.SSLError, ConnectionResetError):
		    pass
		else:
		    raise SystemExit("it was taken")
	END
	assert_noted 'no TLS with 127.0.0.1: '
	assert_noted 'session: .* user=- .* reason=tls tls=none'
}

@test "the name that USER gave before STLS is forgotten (RFC 2595 section 4)" {
	serve_tls starttls
	python_session <<-'END'
		raw = dial()
		lines = raw.makefile("rwb")
		accepted(lines, None, b"USER mrose", b"STLS")
		lines = wrap(raw).makefile("rwb")
		lines.write(b"PASS secret\r\n")
		lines.flush()
		assert lines.readline() == b"-ERR say USER first\r\n"
	END
}

@test "refused logins before STLS count after it" {
	serve_tls starttls
	python_session <<-'END'
		raw = dial()
		def ask(lines, command):
		    lines.write(command + b"\r\n")
		    lines.flush()
		    return lines.readline()
		lines = raw.makefile("rwb")
		lines.readline()
		for _ in range(2):
		    ask(lines, b"USER mrose")
		    assert ask(lines, b"PASS wrong").startswith(b"-ERR [AUTH]")
		ask(lines, b"STLS")
		lines = wrap(raw).makefile("rwb")
		ask(lines, b"USER mrose")
		assert b"too often" in ask(lines, b"PASS wrong")
	END
}

# --- handshakes that fail -------------------------------------------------------

@test "a client that stalls in the handshake meets the deadline" {
	open_tls_session --idle-timeout=1
	ask STLS '+OK begin TLS'
	finish_session
	exec {to}>&-
	assert_equal "$rest" ''
	assert_ended 0
	assert_logged 'session: .* user=- .* reason=timeout tls=none'
}

# Octets now and then, until nobody takes them.
trickle() {
	while printf x >&"$to"; do
		sleep 0.2
	done
}

@test "one that stalls in the middle of its first message, too, and octets now and then earn no time" {
	open_tls_session --idle-timeout=2
	ask STLS '+OK begin TLS'
	printf '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' >&"$to"
	(trap '' PIPE; trickle 2>/dev/null) || :
	finish_session
	exec {to}>&-
	assert_logged 'session: .* user=- .* reason=timeout tls=none'
}

@test "a client that sends no TLS is told so, and dropped" {
	open_tls_session
	ask STLS '+OK begin TLS'
	say 'USER mrose'
	finish_session
	exec {to}>&-
	assert_ended 0
	assert_logged 'no TLS with local: the client does not speak TLS'
	assert_logged 'session: .* user=- .* reason=tls tls=none'
}

@test "a client that hangs up in the handshake is no failure of ours" {
	open_tls_session
	ask STLS '+OK begin TLS'
	printf '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' >&"$to"
	hang_up
	assert_ended 0
	assert_logged 'no TLS with local: the client hung up'
	assert_logged 'session: .* user=- .* reason=tls tls=none'
}

# --- the end --------------------------------------------------------------------

@test "the server says that it has said all, so that nobody can cut it short (RFC 8446 section 6.1)" {
	mailbox_of 120
	serve_tls implicit
	python_session <<-'END'
		tls = wrap(dial())
		lines = log_in(tls)
		lines.write(b"QUIT\r\n")
		lines.flush()
		assert lines.readline().startswith(b"+OK")
		assert lines.read() == b""	# SSLEOFError if cut short
	END
}

# A client that closes, with a word or without one: what was whole is done.
closes_after() {
	serve_tls implicit
	python_session <<-END
		tls = wrap(dial())
		lines = log_in(tls)
		lines.write(b"DELE 1\r\n")
		lines.flush()
		assert lines.readline().startswith(b"+OK")
		tls.sendall(b"$1")
		$2
	END
	assert_noted 'session: .* reason=disconnected tls=TLSv1.3'
	assert_mailbox_untouched
}

@test "a client that closes without QUIT has removed nothing (RFC 1939 section 6)" {
	mailbox_of 120
	remember_mailbox
	closes_after '' 'tls.unwrap()'
}

@test "a connection that is cut off has removed nothing, whatever came before" {
	mailbox_of 120
	remember_mailbox
	closes_after '' 'tls.detach(); lines = None'
	log=$work/other
	closes_after 'QUIT' 'tls.unwrap()'
}

@test "a record that was changed on the way ends the session, and removes nothing" {
	mailbox_of 120
	remember_mailbox
	serve_tls implicit
	python_session <<-'END'
		raw = dial()
		incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
		tls = context.wrap_bio(incoming, outgoing,
		                       server_hostname="localhost")
		def exchange(step):
		    while True:
		        try:
		            result = step()
		            raw.sendall(outgoing.read())
		            return result
		        except ssl.SSLWantReadError:
		            raw.sendall(outgoing.read())
		            incoming.write(raw.recv(65536))
		exchange(tls.do_handshake)
		for command in None, b"USER mrose", b"PASS secret", b"DELE 1":
		    if command:
		        exchange(lambda: tls.write(command + b"\r\n"))
		    assert exchange(lambda: tls.read(1000)).startswith(b"+OK")
		tls.write(b"QUIT\r\n")
		record = bytearray(outgoing.read())
		record[-1] ^= 1
		raw.sendall(record)
		incoming.write(raw.recv(65536))
		try:
		    tls.read(1000)
		except ssl.SSLError as error:
		    assert "BAD_RECORD_MAC" in str(error).upper(), error
		else:
		    raise SystemExit("it was taken")
	END
	assert_noted 'session: .* reason=disconnected tls=TLSv1.3'
	assert_mailbox_untouched
}

# --- long messages --------------------------------------------------------------

@test "a client that keeps reading, however slowly, gets a large message whole" {
	{ printf 'Subject: big\n\n'; yes 0123456789 | head -n 300000; } | deliver
	serve_tls implicit --idle-timeout=2
	python_session <<-'END'
		import time
		raw = socket.socket()
		raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
		raw.settimeout(60)
		raw.connect(("127.0.0.1", port))
		tls = wrap(raw)
		log_in(tls)
		tls.sendall(b"RETR 1\r\nQUIT\r\n")
		got, began = b"", time.monotonic()
		while time.monotonic() - began < 5:
		    got += tls.recv(16384)
		    time.sleep(0.1)
		while piece := tls.recv(65536):
		    got += piece
		assert got.count(b"\r\n0123456789") == 300000, got.count(b"\n")
		assert got.endswith(b"signing off (1 message left)\r\n")
	END
}

@test "a client that stops reading is dropped, and nothing removed" {
	{ printf 'Subject: big\n\n'; yes | head -n 100000; } | deliver
	remember_mailbox
	serve_tls implicit --idle-timeout=1
	python_session <<-'END'
		tls = wrap(dial())
		log_in(tls)
		tls.sendall(b"DELE 1\r\nRSET\r\n" + b"RETR 1\r\n" * 100 + b"QUIT\r\n")
		raw = socket.socket(fileno=tls.detach())
		import time
		time.sleep(3)
	END
	assert_noted 'session: .* reason=stalled tls=TLSv1.3'
	assert_mailbox_untouched
}

# --- versions, ciphers, protocols -----------------------------------------------

# assert_alert NUMBER: what the server said (RFC 8446 section 6), by its number:
# the words are OpenSSL's, and change.
assert_alert() {
	grep -q "alert number $1\$" "$work/complaints" ||
		fail "$(<"$work/complaints")"
}

# assert_served NAME: that certificate is what s_client got.
assert_served() {
	assert_equal "$(openssl x509 -in "$work/client" -outform DER | sha256sum)" \
		"$(openssl x509 -in "$certificates/$1.pem" -outform DER | sha256sum)"
}

@test "TLS 1.3 and 1.2 are spoken, older versions are refused (RFC 8996)" {
	serve_tls implicit
	tls_session -tls1_3 -- QUIT
	tls_session -tls1_2 -- QUIT
	refute s_client -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null
	assert_alert 70
	refute s_client -tls1 -cipher ALL:@SECLEVEL=0 </dev/null
	assert_alert 70
}

@test "ciphers without forward secrecy, or with records that can be guessed, are refused (RFC 9325 section 4.1)" {
	certificate=rsa
	serve_tls implicit
	tls_session -tls1_2 -- QUIT
	refute s_client -tls1_2 -cipher kRSA </dev/null
	assert_alert 40
	refute s_client -tls1_2 -cipher ECDHE+SHA1:ECDHE+SHA256:!AESGCM </dev/null
	assert_alert 40
}

@test "a client cannot choose an expensive group" {
	serve_tls implicit
	tls_session -tls1_3 -groups X25519 -- QUIT
	tls_session -tls1_3 -groups P-256 -- QUIT
	refute s_client -tls1_3 -groups ffdhe8192 </dev/null
	assert_alert 40
}

@test "there is no renegotiation (RFC 9325 section 3.5)" {
	serve_tls implicit
	timeout 60 openssl s_client -connect "127.0.0.1:$port" -tls1_2 \
		-CAfile "$certificates/ca.pem" >"$work/client" 2>&1 \
		< <(sleep 1; echo R; sleep 1; echo CAPA) || :
	grep -q 'RENEGOTIATING' "$work/client"
	grep -qi 'no renegotiation' "$work/client"
}

@test "ALPN: pop3 is chosen, others are refused, none is needed (RFC 7301 section 3.2)" {
	serve_tls implicit
	s_client -alpn http/1.1,pop3 < <(printf 'QUIT\r\n')
	grep -qx 'ALPN protocol: pop3' "$work/client"
	refute s_client -alpn http/1.1,imap </dev/null
	assert_alert 120
	s_client < <(printf 'QUIT\r\n')
	grep -qx 'No ALPN negotiated' "$work/client"
}

# --- certificates and keys ------------------------------------------------------

@test "keys of any kind and form are taken" {
	local name

	for name in server rsa ed25519 p521; do
		certificate=$name
		serve_tls implicit
		tls_session -- QUIT
	done
	certificate=server
	serve --tls=implicit --tls-cert="$certificates/together.pem"
	tls_session -- QUIT
	serve --tls=implicit --tls-cert="$certificates/server.pem" \
		--tls-key="$certificates/old.key"
	tls_session -- QUIT
}

@test "a new certificate is used from the next connection on" {
	cp -p "$certificates/server.pem" "$work/now.pem"
	cp -p "$certificates/server.key" "$work/now.key"
	serve --tls=implicit --tls-cert="$work/now.pem" --tls-key="$work/now.key"
	s_client < <(printf 'QUIT\r\n')
	assert_served server
	cp -p "$certificates/rsa.pem" "$work/now.pem"
	cp -p "$certificates/rsa.key" "$work/now.key"
	s_client < <(printf 'QUIT\r\n')
	assert_served rsa
}

# assert_unusable CERTIFICATE KEY LINE: with these files and STLS the session
# goes on without it, and one line says why.
assert_unusable() {
	converse --tls-cert="$certificates/$1" --tls-key="$certificates/$2" \
		< <(printf '%s\r\n' CAPA STLS CAPA 'USER mrose' 'PASS secret' QUIT)
	sort_replies CAPA STLS CAPA 'USER mrose' 'PASS secret' QUIT
	refute grep -q STLS <<<"${body[1]}${body[3]}"
	assert_reply 2 '-ERR TLS cannot be started'
	assert_accepted 4 5 6
	assert_logged "no TLS: $3.*"
	assert_equal "$(grep -c 'no TLS' "$log")" 1
}

@test "a certificate or key that cannot be used is named in the log with what is wrong, and the session goes on" {
	local at=$certificates

	assert_unusable rsa.pem server.key "$at/server.key does not belong to the certificate"
	assert_unusable server.pem expired.key "$at/expired.key does not belong to the certificate"
	assert_unusable server.pem public.key "$at/public.key can be used by others"
	assert_unusable server.pem encrypted.key "$at/encrypted.key is encrypted: "
	assert_unusable server.pem server.pem "$at/server.pem can be used by others"
	assert_unusable server.key server.pem "$at/server.key holds no certificate: is it the key, and the two are swapped[?]"
	assert_unusable server.pem only.pem "$at/only.pem holds no private key"
	assert_unusable missing.pem server.key "$at/missing.pem is not there"
	assert_unusable server.pem missing.key "$at/missing.key is not there"
	assert_unusable reversed.pem server.key "$at/reversed.pem has its certificates in the wrong order: "
	assert_unusable weak.pem weak.key "$at/weak.pem has a certificate whose key is too short: "
}

@test "a file of another kind is named so, be it the certificate or the key" {
	local at=$certificates name

	mkdir -p "$at/directory"
	ln -sf nowhere "$at/dangling"
	install -m 600 /dev/null "$at/empty"
	echo >"$at/line"
	echo 0 words >"$at/words"
	chmod 600 "$at/line" "$at/words"
	own "$at"/{empty,line,words} "$at"/*.der
	assert_unusable server.der server.key "$at/server.der is DER, "
	assert_unusable server.pem key.der "$at/key.der is DER, "
	for name in 'directory is a directory' 'dangling is a link to a file that is not there' \
		'empty is empty' 'line is empty' 'words is not PEM'; do
		assert_unusable "${name%% *}" server.key "$at/$name"
		assert_unusable server.pem "${name%% *}" "$at/$name"
	done
}

@test "the log of a session that does not ask for TLS says nothing of its files" {
	converse --tls-cert="$certificates/missing.pem" \
		< <(printf '%s\r\n' 'USER mrose' 'PASS secret' QUIT)
	sort_replies 'USER mrose' 'PASS secret' QUIT
	assert_accepted 1 2 3
	refute grep 'no TLS' "$log"
}

@test "a key on a curve that TLS cannot sign with is the certificate's fault, not the client's (RFC 8446 section 4.2.3)" {
	assert_unusable koblitz.pem koblitz.key "$certificates/koblitz.pem has a key on a curve that no client takes: .*"
}

@test "a chain that ends in the middle of a certificate is damaged" {
	head -c -40 "$certificates/server.pem" >"$certificates/cut.pem"
	assert_unusable cut.pem server.key "$certificates/cut.pem is damaged"
}

@test "implicit TLS with a certificate that cannot be used ends in the handshake" {
	serve --tls=implicit --tls-cert="$certificates/rsa.pem" \
		--tls-key="$certificates/server.key"
	refute s_client </dev/null
	assert_alert 80
	assert_noted "no TLS: $certificates/server.key does not belong to the certificate"
	assert_noted 'session: .* user=- .* reason=tls tls=none'
}

# refused_by_client NUMBER: one that verifies finds this fault (X509_V_ERR_ of
# OpenSSL), and one that does not is served.
refused_by_client() {
	serve_tls implicit
	refute s_client </dev/null
	grep -q "num=$1:" "$work/complaints"
	assert_noted 'session: .* user=- .* reason=tls tls=none'
	timeout 60 openssl s_client -connect "127.0.0.1:$port" -quiet \
		< <(printf 'QUIT\r\n') 2>/dev/null | grep -q '^+OK .*signing off'
}

@test "a certificate out of its time is served, so that the client can say what is wrong" {
	certificate=expired
	refused_by_client 10
	assert_noted "$certificates/expired.pem expired [0-9]* days ago: "
	certificate=future
	refused_by_client 9
	assert_noted "$certificates/future.pem is not valid for another [0-9]* days: "
}

@test "a certificate that ends within 14 days is warned of" {
	certificate=ending
	serve_tls starttls
	stls_session QUIT
	assert_noted "$certificates/ending.pem expires in 12 days: "
	certificate=lasting
	log=$work/other
	serve_tls starttls
	stls_session QUIT
	refute grep 'expires' "$log"
}

@test "implicit TLS with a file that is not there says nothing at all" {
	converse --tls=implicit --tls-cert="$certificates/missing.pem" \
		< <(echo QUIT)
	assert_ended 111
	[ ! -s "$replies" ]
	assert_logged "no TLS: $certificates/missing.pem is not there: .*"
}

@test "a session that is resumed does not read the key" {
	cp -p "$certificates/server.key" "$work/gone.key"
	serve --tls=implicit --tls-cert="$certificates/server.pem" \
		--tls-key="$work/gone.key"
	connect_first
	: >"$work/gone.key"
	connect_again
	refute s_client </dev/null
	assert_noted "no TLS: $work/gone.key is empty"
}

# called_wrongly LINE OPTION...
called_wrongly() {
	converse "${@:2}" < <(echo QUIT)
	assert_ended 100
	[ ! -s "$replies" ]
	assert_logged "$1"
}

@test "options that do not go together are called so" {
	called_wrongly 'there is no certificate for TLS: .*' --tls=implicit
	called_wrongly 'there is no certificate for TLS: .*' --tls=starttls
	called_wrongly 'there is a key but no certificate: .*' \
		--tls-key="$certificates/server.key"
}

# --- systemd's credentials ------------------------------------------------------

@test "credentials of systemd are the certificate and key, and others may seem to read them" {
	mkdir "$work/credentials"
	install -m 644 "$certificates/server.pem" "$work/credentials/tls-cert"
	install -m 440 "$certificates/server.key" "$work/credentials/tls-key"
	own "$work/credentials"/*
	export CREDENTIALS_DIRECTORY=$work/credentials
	open_session
	ask STLS '+OK begin TLS'
	hang_up
	echo >"$work/credentials/tls-cert"
	open_session
	ask STLS '-ERR TLS cannot be started'
	hang_up
	refute grep 'no TLS' "$log"
}

# --- resumption -----------------------------------------------------------------

# connect_again: with the session of before; whether it was resumed.
connect_again() {
	s_client -sess_in "$work/session" -sess_out "$work/next" "$@" \
		< <(printf 'QUIT\r\n')
	grep -q '^Reused, TLSv1.3' "$work/client"
}

connect_first() {
	s_client -sess_out "$work/session" "$@" < <(printf 'QUIT\r\n')
	grep -q '^New, TLSv1' "$work/client"
}

@test "a session is resumed by another process, with new keys (RFC 8446 section 2.2)" {
	serve_tls implicit
	connect_first
	connect_again
	grep -q '^ *Max Early Data: 0' "$work/client"
	mv "$work/next" "$work/session"
	connect_again
}

@test "after STLS, too" {
	serve_tls starttls
	connect_first -starttls pop3
	connect_again -starttls pop3
}

@test "the keys of tickets are in the state directory, for the service user alone" {
	serve_tls implicit
	connect_first
	assert_equal "$(stat -c '%a %s' "$work/state/tickets")" '600 88'
	[ ! -e "$work/state/tickets.new" ]
}

# age SECONDS: makes the keys so much older.
age() {
	python3 - "$work/state/tickets" "$1" <<-'END'
		import struct, sys
		with open(sys.argv[1], "r+b") as file:
		    keys = file.read()
		    file.seek(0)
		    for at in range(0, len(keys), 88):
		        made, = struct.unpack_from("=Q", keys, at)
		        file.write(struct.pack("=Q", made - int(sys.argv[2])) +
		                   keys[at + 8:at + 88])
	END
}

@test "a key makes tickets for 8 hours, reads them for 24, and is dropped then" {
	serve_tls implicit
	connect_first
	age $((8 * 3600))
	connect_again
	assert_equal "$(stat -c %s "$work/state/tickets")" 176
	age $((16 * 3600))
	refute connect_again
	assert_equal "$(stat -c %s "$work/state/tickets")" 176
	mv "$work/next" "$work/session"
	connect_again
}

@test "without the keys nothing is resumed, and a new one is made" {
	serve_tls implicit
	connect_first
	rm "$work/state/tickets"
	refute connect_again
	mv "$work/next" "$work/session"
	connect_again
}

# assert_replaced: the file in place of the keys is of no use to anybody.
assert_replaced() {
	connect_first
	[ -f "$work/state/tickets" ] && [ ! -L "$work/state/tickets" ]
	assert_equal "$(stat -c '%a %s' "$work/state/tickets")" '600 88'
	connect_again
}

@test "a file of keys that is not as we write it is replaced" {
	serve_tls implicit
	assert_replaced
	head -c 50 /dev/urandom >"$work/state/tickets"
	assert_replaced
	head -c 88 /dev/zero >"$work/state/tickets"
	assert_replaced
	head -c 87 "$work/state/tickets" >"$work/cut"
	cat "$work/cut" >"$work/state/tickets"
	assert_replaced
	cat "$work/cut" >>"$work/state/tickets"
	assert_replaced
	cp -p "$work/state/tickets" "$work/elsewhere"
	ln -sf "$work/elsewhere" "$work/state/tickets"
	assert_replaced
	chmod 644 "$work/state/tickets"
	assert_replaced
}

@test "keys of a clock that was wrong are replaced" {
	serve_tls implicit
	connect_first
	age -7200
	connect_first
	assert_equal "$(stat -c %s "$work/state/tickets")" 88
	connect_again
}

@test "a state directory that others may enter holds no keys, and TLS works without" {
	mkdir "$work/state"
	own "$work/state"
	chmod 755 "$work/state"
	serve_tls implicit
	s_client < <(printf 'QUIT\r\n')
	[ ! -e "$work/state/tickets" ]
	assert_noted 'no new key for session tickets: cannot use .*/state/tickets: '
}

@test "processes that begin at the same time agree about the key" {
	local n

	serve_tls implicit
	for n in 1 2 3 4 5 6; do
		timeout 60 openssl s_client -connect "127.0.0.1:$port" \
			-sess_out "$work/session.$n" -ign_eof -nocommands \
			>/dev/null 2>&1 < <(printf 'QUIT\r\n') &
	done
	wait $(jobs -p | tail -n 6)
	assert_equal "$(stat -c '%a %s' "$work/state/tickets")" '600 88'
	for n in 1 2 3 4 5 6; do
		[ ! -s "$work/session.$n" ] || {
			mv "$work/session.$n" "$work/session"
			connect_again
		}
	done
}

@test "TLS 1.2 is not resumed: its keys would hang on the ticket's (RFC 9325 section 7.4)" {
	serve_tls implicit
	s_client -tls1_2 < <(printf 'QUIT\r\n')
	refute grep -q 'TLS session ticket:' "$work/client"
}

@test "a ticket is good for psk_dhe_ke only: forward secrecy stays (RFC 8446 section 4.2.9)" {
	serve_tls implicit
	connect_first -allow_no_dhe_kex
	s_client -sess_in "$work/session" -allow_no_dhe_kex -msg \
		< <(printf 'QUIT\r\n')
	grep -q '^Reused, TLSv1.3' "$work/client"
	# the server's key_share, 36 octets: X25519, a key of 32
	tr -d ' \n' <"$work/client" | grep -q 00330024001d0020
}
