# Real clients over loopback. What they fetch is compared with the source octet
# by octet, but for the line ends of the wire and the headers that a client
# says it puts before the first.
load common
load network

# Of each test the first step.
serve_sources() {
	home=$work/home
	got=$home/got
	mkdir -p "$got/new" "$got/cur" "$got/tmp" "$work/source"
	own "$home" "$got" "$got"/*
	make_sources
	serve
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

# Without Received; no sslproto as there is no STLS.
run_fetchmail() {
	configure_mda
	configure fetchmailrc <<-END
		set invisible
		poll 127.0.0.1 protocol pop3 uidl port $port
			username mrose password secret sslproto "" $*
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

# --- getmail -----------------------------------------------------------------

run_getmail() {
	configure_mda
	configure getmailrc <<-END
		[retriever]
		type = SimplePOP3Retriever
		server = 127.0.0.1
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

# --- mpop --------------------------------------------------------------------

run_mpop() {
	configure mpoprc <<-END
		defaults
		account default
		host 127.0.0.1
		port $port
		user mrose
		password secret
		auth user
		tls off
		received_header off
		keep $1
		uidls_file $home/uidls
		delivery maildir $got
	END
	client mpop -C "$home/mpoprc"
}

@test "mpop, keeping: each message arrives whole, once, and stays" {
	serve_sources
	run_mpop on
	assert_got
	assert_mailbox_untouched
	forget_got
	run_mpop on
	assert_nothing_new
}

@test "mpop, deleting: each message arrives whole and is gone" {
	serve_sources
	run_mpop off
	assert_got
	assert_emptied
}

# --- curl --------------------------------------------------------------------

# All by one connection.
run_curl() {
	client curl -sS -u mrose:secret "pop3://127.0.0.1:$port/[1-7]" -o "$got/#1" "$@"
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
			"pop3://127.0.0.1:$port/")
	done
	run_curl "${deletions[@]}"
	assert_got
	await assert_emptied		# curl does not wait for QUIT's answer
}

# --- poplib ------------------------------------------------------------------

run_poplib() {
	configure session.py <<-END
		import poplib
		poplib._MAXLINE = 1 << 20
		pop = poplib.POP3("127.0.0.1", $port)
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
