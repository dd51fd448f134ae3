# Run once for all suites. Root runs the handler as another user, who need not
# be able to enter the checkout: so it runs a copy. The certificates are for the
# suites that load tls.bash, or a test of their own.
setup_suite() {
	local handler=${POP3_HANDLER:-$BATS_TEST_DIRNAME/../../pop3-handler}

	chmod 711 "$BATS_RUN_TMPDIR"
	cp "$handler" "$BATS_RUN_TMPDIR/pop3-handler" || return 1
	cp "$(dirname "$(readlink -f "$handler")")/pop3-auth" \
		"$BATS_RUN_TMPDIR" 2>/dev/null || :
	chmod 755 "$BATS_RUN_TMPDIR"/pop3-*
	export POP3_HANDLER=$BATS_RUN_TMPDIR/pop3-handler
	export certificates=$BATS_RUN_TMPDIR/certificates
	mkdir "$certificates"
	"$BATS_TEST_DIRNAME/../tools/make-certificates" "$certificates" ||
		return 1
	[ "$(id -u)" -ne 0 ] || chown -R 59999:59999 "$certificates"
}
