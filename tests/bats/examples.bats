# The examples that are programs; nginx's are in several_hosts.bats.
load ../lib/common

examples=$BATS_TEST_DIRNAME/../../examples

# journal_has LINE...: what a journalctl that is ours prints.
journal_has() {
	mkdir -p "$work/bin"
	printf '%s\n' "$@" >"$work/entries"
	printf '#!/bin/sh\ncat %s\n' "$work/entries" >"$work/bin/journalctl"
	chmod 755 "$work/bin/journalctl"
}

add_figures() {
	PATH=$work/bin:$PATH "$examples/prometheus-textfile" \
		"$work/pop3.prom" "$work/cursor"
}

@test "the figures for Prometheus are sums of the journal's fields" {
	session='{"MESSAGE": "session: client=192.0.2.7", "POP3_CLIENT": "192.0.2.7",
	    "POP3_RETRIEVED": "2", "POP3_RETRIEVED_OCTETS": "320",
	    "POP3_DELETED": "1", "POP3_SECONDS": "0.500",
	    "POP3_REASON": "quit"}'
	journal_has "${session//$'\n'/}" \
		'{"MESSAGE": "login: x", "POP3_CLIENT": "192.0.2.7"}' \
		'{"MESSAGE": "refused: x", "POP3_CLIENT": "192.0.2.7", "POP3_REASON": "auth"}' \
		'{"MESSAGE": "session: forged"}' \
		'{"MESSAGE": [255, 254], "POP3_CLIENT": "192.0.2.7"}'
	add_figures
	diff - "$work/pop3.prom" <<-'END'
		pop3_deleted_octets_total 0
		pop3_deleted_total 1
		pop3_logins_total 1
		pop3_refused_total{reason="auth"} 1
		pop3_retrieved_octets_total 320
		pop3_retrieved_total 2
		pop3_seconds_total 0.5
		pop3_sessions_total{reason="quit"} 1
		pop3_top_octets_total 0
		pop3_top_total 0
	END
}

@test "the figures for Prometheus go on where they were" {
	journal_has '{"MESSAGE": "login: x", "POP3_CLIENT": "192.0.2.7"}'
	add_figures
	add_figures
	[ "$(<"$work/pop3.prom")" = 'pop3_logins_total 2' ]
}
