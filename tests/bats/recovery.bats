load common

# What the crash sweep does not look at: journals that are not finished.

journal_name() {
	echo "$work/state/${mailbox//\//!}%journal"
}

# A journal that was set aside, with something to tell it by.
journal_aside() {
	{ printf 'pop3-handler set aside\n\0'; echo "$1"; } \
		>"$(journal_name)"
	own "$(journal_name)"
}

setup_state() {
	mailbox_of 120 200
	transaction QUIT
}

@test "a journal that was set aside is kept beside, and the mailbox is served" {
	setup_state
	journal_aside first
	transaction QUIT
	assert_reply 0 "+OK mrose's maildrop has 2 messages (320 octets)"
	assert_logged '.* its journal is kept as .*%aside'
	grep -qa first "$work"/state/*%aside
}

@test "a second journal that was set aside does not push the first one out" {
	setup_state
	journal_aside first
	transaction QUIT
	journal_aside second
	session 'USER mrose' 'PASS secret' QUIT
	assert_refused 2
	assert_logged '.* its journal cannot be kept as .*%aside: File exists'
	grep -qa first "$work"/state/*%aside
	grep -qa second "$(journal_name)"
}

@test "a torn journal is none, and --recover gives its disk space back" {
	setup_state
	printf 'pop3-handler journal 1\n' >"$(journal_name)"
	own "$(journal_name)"
	converse --recover </dev/null
	assert_ended 0
	[ ! -s "$(journal_name)" ]
}
