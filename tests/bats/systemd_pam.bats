# bats file_tags=root
#
# Accounts behind PAM, with the units as they are installed, under a real systemd
# that is booted for each test.
load ../lib/common
load ../lib/network
load ../lib/tls
load ../lib/lab

setup_file() {
	is_root || return 0
	make_tree
	try_lab
	export module=$BATS_FILE_TMPDIR/module.so
	cc -O2 -shared -fPIC -o "$module" "$BATS_TEST_DIRNAME/../pam/test.c" -lpam
}

# with_module FUNCTION: in a lab that has the tests' module where libraries are,
# and certificates.
with_module() {
	own_tree
	mkdir -p "$tree/srv" "$tree/usr/lib"
	cp "$module" "$tree/usr/lib/module.so"
	cp "$certificates"/{ca,server,rsa}.pem "$certificates"/{server,rsa}.key \
		"$tree/srv"
	in_lab "$1"
}

# --- inside -------------------------------------------------------------------

# As README.md says, with the drop-in.
serve_by_pam() {
	local unit

	set_options --accounts=pam
	for unit in pop3.service pop3@.service pop3s@.service; do
		drop_in "$unit" </usr/local/share/doc/pop3-handler/pam.conf
	done
	systemctl enable --now --quiet pop3-auth.socket
}

# A connection of mrose's.
comes_in() {
	dial_in
	ask QUIT '+OK dewey POP3 server signing off (maildrop empty)'
	assert_closed
}

wrong_password() {
	dial
	ask "USER $1" "+OK $1"
	say "PASS $2"
	hear
	assert_equal "$heard" '-ERR [AUTH] user name or password is wrong'
	exec {to}>&-
}

by_pam_unix() {
	add_account
	serve_by_pam
	comes_in
	comes_in
	wrong_password mrose wrong
	wrong_password nobody-here secret
	chage --lastday 0 mrose
	wrong_password mrose secret
	chage --lastday -1 mrose
	usermod --expiredate 1 mrose
	wrong_password mrose secret
	usermod --expiredate '' mrose
	comes_in
}

@test "pam: with the units as installed an account of the system logs in" {
	in_lab by_pam_unix
}

# Its password is nowhere in this system but in the module.
by_network() {
	useradd --create-home mrose
	install -o mrose -g mail -m 660 /dev/null /var/mail/mrose
	printf '%s\n' 'auth required /usr/lib/module.so secret' \
		'account required pam_permit.so' >/etc/pam.d/pop3-handler
	serve_by_pam
	comes_in
	wrong_password mrose wrong
}

@test "pam: an account whose password no shadow has logs in" {
	with_module by_network
}

by_tls() {
	add_account
	use_certificate server
	serve_by_pam
	s_client 110 -starttls pop3
	systemctl enable --now --quiet pop3s.socket
	s_client 995
}

@test "pam: after STLS, and on port 995" {
	with_module by_tls
}

without_listener() {
	mkdir -p /run/systemd/system/pop3.socket.d
	cp /usr/local/share/doc/pop3-handler/accept.conf \
		/run/systemd/system/pop3.socket.d
	systemctl daemon-reload
	systemctl stop pop3.socket
	add_account
	serve_by_pam
	systemctl start pop3.socket
	comes_in
	wrong_password mrose wrong
}

@test "pam: with a unit for each connection" {
	in_lab without_listener
}

# Whoever may ask nothing but PAM finds no hash, whatever its groups are.
no_hashes() {
	local id mail

	add_account
	gpasswd --delete pop3-handler shadow >&2
	serve_by_pam
	dial
	find_session
	id=$(id -u pop3-handler)
	mail=$(getent group mail | cut -d: -f3)
	assert_process Uid "$id $id $id $id"
	assert_process Groups "$mail $id"
	assert_process CapPrm 00000000000000c0
	# what is seen there instead is an empty file
	[ -s /etc/shadow ] && [ -e "/proc/$handler/root/etc/shadow" ]
	[ ! -s "/proc/$handler/root/etc/shadow" ]
	[ ! -s "/proc/$handler/root/etc/gshadow" ]
	log_in mrose
	[[ $heard == '+OK '* ]] || fail "$heard"
}

@test "pam: with the drop-in the server is in no group that reads hashes, and finds none" {
	in_lab no_hashes
}

lock_out() {
	sed -i -e '/common-auth$/d' -e 's/^#\(auth	\)/\1/' \
		-e 's/^#\(account.*faillock\)/\1/' /etc/pam.d/pop3-handler
	echo 'deny = 2' >/etc/security/faillock.conf
	add_account
	serve_by_pam
	comes_in
	wrong_password mrose wrong
	wrong_password mrose wrong
	wrong_password mrose secret
	assert_equal "$(stat -c %a /run/faillock)" 755
	faillock --user mrose --reset
	comes_in
}

@test "pam: pam_faillock can keep its files where it keeps them" {
	in_lab lock_out
}

# Its answer comes, whatever happened meanwhile.
slow_answer() {
	systemctl "$1" pop3-auth.service
	rm /run/faillock/slow
	hear
	assert_equal "$heard" "+OK mrose's maildrop has 0 messages (0 octets)"
	exec {to}>&-
}

outlived() {
	local how

	useradd --create-home mrose
	install -o mrose -g mail -m 660 /dev/null /var/mail/mrose
	printf '%s\n' 'auth required /usr/lib/module.so slow' \
		'account required pam_permit.so' >/etc/pam.d/pop3-handler
	serve_by_pam
	for how in restart stop; do
		dial
		ask 'USER mrose' '+OK mrose'
		say 'PASS secret'
		await test -e /run/faillock/slow
		slow_answer "$how"
	done
}

@test "pam: a request is answered though the helper is restarted or stopped meanwhile" {
	with_module outlived
}

limits_of_helper() {
	assert_equal "$(property pop3-auth.service TasksMax)" 1024
	assert_equal "$(property pop3-auth.service LimitNOFILE)" 1024
	assert_equal "$(property pop3-auth.service LimitCORE)" 0
	refute test "$(property pop3-auth.service MemoryMax)" = infinity
	assert_equal "$(property pop3-auth.service OOMPolicy)" continue
	assert_equal "$(property pop3-auth.service StartLimitIntervalUSec)" 0
	assert_equal "$(property pop3-auth.socket Backlog)" 512
}

@test "pam: processes, files and memory of the helper have the limits that are meant" {
	in_lab limits_of_helper
}

# What the unit's processes are, before they ask a module.
helper() {
	local directory hidden=(run/dbus run/docker.sock run/containerd
		run/libvirt run/podman var/lib/lxd var/lib/incus var/snap)

	for directory in "${hidden[@]}"; do
		mkdir -p "/$directory/it"
	done
	add_account
	serve_by_pam
	assert_equal "$(stat -c '%U %a' /run/pop3-handler/auth)" \
		'pop3-handler 600'
	comes_in
	handler=$(property pop3-auth.service MainPID)
	assert_process Uid '0 0 0 0'
	assert_process CapEff 000000002000000f
	assert_process CapBnd 000000002000000f
	assert_process NoNewPrivs 1
	assert_equal "$(stat -c '%U %a' /run/pop3-auth)" 'root 700'
	for directory in etc run run/systemd/system usr/lib usr/local/sbin home \
		var/lib var/mail; do
		refute touch "/proc/$handler/root/$directory/it"
	done
	touch "/proc/$handler/root/run/faillock/it"
	for directory in "${hidden[@]}"; do
		[ ! -e "/proc/$handler/root/$directory/it" ]
	done
	# what can be written cannot be executed
	for directory in run/faillock run/pop3-auth tmp var/tmp dev/shm; do
		cp /bin/true "/proc/$handler/root/$directory/program"
		nsenter --target "$handler" --mount /bin/true
		refute nsenter --target "$handler" --mount "/$directory/program"
	done
	assert_equal "$(stat -c %a "/proc/$handler/root/run/systemd/private")" 0
	kill -KILL "$handler"
	comes_in
	systemctl stop pop3-auth.socket pop3-auth.service
	dial
	log_in mrose
	assert_equal "$heard" '-ERR [SYS/TEMP] cannot check passwords now'
	systemctl start pop3-auth.socket
	comes_in
}

@test "pam: the helper is root with five capabilities, comes back when it is killed, and is missed when it is stopped" {
	in_lab helper
}

# It is root, and modules read and write what is nobody else's.
open_at_helper() {
	open_items /usr/local/lib/systemd/system/pop3-auth.service >/run/open
	diff - /run/open <<-'END'
		CapabilityBoundingSet=~CAP_(CHOWN|FSETID|SETFCAP)
		CapabilityBoundingSet=~CAP_(DAC_*|FOWNER|IPC_OWNER)
		CapabilityBoundingSet=~CAP_AUDIT_*
		DeviceAllow=
		PrivateUsers=
		RestrictAddressFamilies=~AF_NETLINK
		RestrictAddressFamilies=~AF_UNIX
		RootDirectory=/RootImage=
		SystemCallFilter=~@privileged
		User=/DynamicUser=
	END
}

@test "pam: systemd-analyze security counts the helper as little exposed, and no item is open but those that must be" {
	in_lab open_at_helper
}

sound_units() {
	systemd-analyze verify --man=no --recursive-errors=yes \
		pop3-auth.socket pop3-auth.service pop3-auth-again.timer
}

@test "pam: systemd finds no fault with the units of the helper" {
	in_lab sound_units
}

# A program that ends at once closes the socket; it opens again by itself.
opens_again() {
	add_account
	printf '[Service]\nExecStart=\nExecStart=/bin/false\n' |
		drop_in pop3-auth.service
	serve_by_pam
	dial
	log_in mrose
	assert_equal "$heard" '-ERR [SYS/TEMP] cannot check passwords now'
	assert_noted "pop3-auth.socket: Failed with result 'trigger-limit-hit'"
	rm -r /run/systemd/system/pop3-auth.service.d
	systemctl daemon-reload
	await logs_in
}

logs_in() {
	dial
	log_in mrose
	exec {to}>&-
	[[ $heard == '+OK '* ]]
}

@test "pam: a helper that cannot be started closes its socket, which opens again without an admin" {
	in_lab opens_again
}
