# Real clients over loopback. What they fetch is compared with the source octet
# by octet, but for the line ends of the wire and the headers that a client
# says it puts before the first.
load ../lib/common
load ../lib/network
load ../lib/tls

# Of each test the first step: without TLS, or after STLS, or with TLS from the
# start.
serve_sources() {
	tls=${1-off}
	home=$work/home
	got=$home/got
	mkdir -p "$got/new" "$got/cur" "$got/tmp" "$work/source"
	own "$home" "$got" "$got"/*
	make_sources
	case $tls in
	off) serve ;;
	*) serve_tls "$tls" ;;
	esac
}

# of_mode OFF STARTTLS IMPLICIT: the word for $tls.
of_mode() {
	case $tls in
	off) echo "$1" ;;
	starttls) echo "$2" ;;
	implicit) echo "$3" ;;
	esac
}

# A message for each thing that has gone wrong somewhere.
make_sources() {
	local n

	cat >"$work/source/1" <<-'END'
		Subject: 1
		From: alice@example.org

		.
		..
		.leading
		...three
		middle . dot
		.
	END
	cat >"$work/source/2" <<-'END'
		Subject: 2
		From: alice@example.org

		From here to there, and
		From there back
		>From quoted
		>>From quoted twice
	END
	printf 'Subject: 3\nFrom: alice@example.org\n\n%b\n' \
		'latin1 \344\366\374 utf-8 \303\244 \377\200 tab\tspaces  ' \
		>"$work/source/3"
	# Longer than a handler's buffer, shorter than fetchmail's 8191.
	printf 'Subject: 4\nFrom: alice@example.org\n\n%08000d\nend\n' 0 \
		>"$work/source/4"
	printf 'Subject: 5\nFrom: alice@example.org\n\n' >"$work/source/5"
	printf 'Subject: 6\nFrom: alice@example.org\n\n\n\nx\n\n\n' \
		>"$work/source/6"
	printf 'Subject: 7\nFrom: alice@example.org\n\nno end' \
		>"$work/source/7"
	{
		for n in 1 2 3 4 5 6; do
			echo "$from_line"
			cat "$work/source/$n"
			echo
		done
		echo "$from_line"
		cat "$work/source/7"
	} >"$mailbox"
	own "$mailbox"
	remember_mailbox
	echo >>"$work/source/7"		# as it goes over the wire
}

# assert_got [HEADER]: each message once, in whatever file, below the line of
# HEADER that the client adds.
assert_got() {
	local file n count=0

	for file in "$got"/* "$got"/new/*; do
		[ -f "$file" ] || continue
		count=$((count + 1))
		n=$(sed -n '/^Subject: /{s///p;q;}' "$file" | tr -d '\r')
		sed "1{/^${1-no header}: /d;}; s/\r\$//" "$file" |
			cmp "$work/source/$n" - >&2 ||
			fail "message $n is another"
	done
	assert_equal "$count" 7
}

assert_nothing_new() {
	local left

	left=$(find "$got" -type f)
	assert_equal "$left" ''
}

forget_got() {
	find "$got" -type f -delete
}

assert_emptied() {
	[ -f "$mailbox" ] && [ ! -s "$mailbox" ]
}

# A program that delivers what it reads. Not too fast: getmail 6.18 can miss the
# end of one that ends before it is waited for.
configure_mda() {
	configure mda <<-END
		#!/bin/sh
		cat >\$(mktemp $got/XXXXXX)
		sleep 0.2
	END
	chmod 700 "$home/mda"
}

# --- fetchmail ---------------------------------------------------------------

# Without Received.
run_fetchmail() {
	configure_mda
	configure fetchmailrc <<-END
		set invisible
		poll localhost protocol pop3 uidl port $port
			username mrose password secret $(of_mode \
			'sslproto ""' 'sslproto TLS1.2+ sslcertck' \
			'ssl sslproto TLS1.2+ sslcertck')
			sslcertfile $certificates/ca.pem $*
			no rewrite mda "$home/mda"
	END
	client fetchmail -f "$home/fetchmailrc" --nosyslog \
		--idfile "$home/fetchids" --pidfile "$home/fetchmail.pid"
}

@test "fetchmail, keeping: each message arrives whole, once, and stays" {
	serve_sources
	run_fetchmail keep
	assert_got
	assert_mailbox_untouched
	forget_got
	refute run_fetchmail keep
	grep -q '^7 messages (7 seen) for mrose' "$work/client"
	assert_nothing_new
}

@test "fetchmail, deleting: each message arrives whole and is gone" {
	serve_sources
	run_fetchmail nokeep
	assert_got
	assert_emptied
}

@test "fetchmail, after STLS and with TLS from the start" {
	serve_sources starttls
	run_fetchmail keep
	assert_got
	forget_got
	serve_tls implicit
	tls=implicit
	rm "$home/fetchids"
	run_fetchmail nokeep
	assert_got
	assert_emptied
}

# --- getmail -----------------------------------------------------------------

run_getmail() {
	configure_mda
	configure getmailrc <<-END
		[retriever]
		type = Simple$(of_mode POP3 '' POP3SSL)Retriever
		$(of_mode '' '' "ca_certs = $certificates/ca.pem")
		server = localhost
		port = $port
		username = mrose
		password = secret
		[destination]
		type = MDA_external
		path = $home/mda
		unixfrom = false
		[options]
		read_all = false
		delivered_to = false
		received = false
		delete = $1
	END
	client getmail --getmaildir="$home" --rcfile="$home/getmailrc"
}

@test "getmail, keeping: each message arrives whole, once, and stays" {
	serve_sources
	run_getmail false
	assert_got Return-Path
	assert_mailbox_untouched
	forget_got
	run_getmail false
	assert_nothing_new
}

@test "getmail, deleting: each message arrives whole and is gone" {
	serve_sources
	run_getmail true
	assert_got Return-Path
	assert_emptied
}

# It knows no STLS.
@test "getmail, with TLS from the start" {
	serve_sources implicit
	run_getmail true
	assert_got Return-Path
	assert_emptied
}

# --- mpop --------------------------------------------------------------------

run_mpop() {
	configure mpoprc <<-END
		defaults
		account default
		host localhost
		port $port
		user mrose
		password secret
		auth $1
		tls $(of_mode off on on)
		tls_starttls $(of_mode off on off)
		tls_trust_file $certificates/ca.pem
		received_header off
		keep $2
		uidls_file $home/uidls
		delivery maildir $got
	END
	client mpop -C "$home/mpoprc"
}

@test "mpop, keeping: each message arrives whole, once, and stays" {
	serve_sources
	run_mpop user on
	assert_got
	assert_mailbox_untouched
	forget_got
	run_mpop user on
	assert_nothing_new
}

@test "mpop, deleting: each message arrives whole and is gone" {
	serve_sources
	run_mpop user off
	assert_got
	assert_emptied
}

@test "mpop, after STLS and with TLS from the start, by AUTH PLAIN" {
	serve_sources starttls
	run_mpop plain on
	assert_got
	forget_got
	serve_tls implicit
	tls=implicit
	rm "$home/uidls"
	run_mpop plain off
	assert_got
	assert_emptied
}

# --- curl --------------------------------------------------------------------

# All by one connection.
run_curl() {
	client curl -sS -u mrose:secret --cacert "$certificates/ca.pem" \
		$(of_mode '' --ssl-reqd '') \
		"$(of_mode pop3 pop3 pop3s)://localhost:$port/[1-7]" -o "$got/#1" "$@"
}

@test "curl, keeping: each message arrives whole and stays" {
	serve_sources
	run_curl
	assert_got
	assert_mailbox_untouched
}

@test "curl, deleting: each message arrives whole and is gone" {
	local n deletions=()

	serve_sources
	for n in 1 2 3 4 5 6 7; do
		deletions+=(--next -sS -u mrose:secret -I -X "DELE $n"
			"pop3://localhost:$port/")
	done
	run_curl "${deletions[@]}"
	assert_got
	await assert_emptied		# curl does not wait for QUIT's answer
}

@test "curl, after STLS and with TLS from the start" {
	serve_sources starttls
	run_curl
	assert_got
	forget_got
	serve_tls implicit
	tls=implicit
	run_curl
	assert_got
	assert_mailbox_untouched
}

# --- poplib ------------------------------------------------------------------

run_poplib() {
	configure session.py <<-END
		import poplib, ssl
		poplib._MAXLINE = 1 << 20
		context = ssl.create_default_context(
		    cafile="$certificates/ca.pem")
		if "$tls" == "implicit":
		    pop = poplib.POP3_SSL("localhost", $port, context=context)
		else:
		    pop = poplib.POP3("localhost", $port)
		if "$tls" == "starttls":
		    pop.stls(context)
		pop.user("mrose")
		pop.pass_("secret")
		count, octets = pop.stat()
		sizes = [int(line.split()[1]) for line in pop.list()[1]]
		assert len(sizes) == count and sum(sizes) == octets
		assert len({line.split()[1] for line in pop.uidl()[1]}) == count
		for n in range(1, count + 1):
		    _, lines, _ = pop.retr(n)
		    wire = b"".join(line + b"\r\n" for line in lines)
		    assert len(wire) == sizes[n - 1]
		    open(f"$got/{n}", "wb").write(wire)
		    if "$1" == "delete":
		        pop.dele(n)
		pop.quit()
	END
	client python3 "$home/session.py"
}

@test "poplib, keeping: each message arrives whole, of the octets told, and stays" {
	serve_sources
	run_poplib keep
	assert_got
	assert_mailbox_untouched
}

@test "poplib, deleting: each message arrives whole and is gone" {
	serve_sources
	run_poplib delete
	assert_got
	assert_emptied
}

@test "poplib, after STLS and with TLS from the start" {
	serve_sources starttls
	run_poplib keep
	assert_got
	forget_got
	serve_tls implicit
	tls=implicit
	run_poplib delete
	assert_got
	assert_emptied
}
