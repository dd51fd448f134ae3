/* How a connection is. */
#ifndef CONNECTION_STATUS_H
#define CONNECTION_STATUS_H

enum connection_status {
	CONNECTION_OK,
	CONNECTION_CLOSED,	/* end of input; half a line is none */
	CONNECTION_TIMED_OUT,	/* no whole line in time */
	CONNECTION_STALLED,	/* the client stopped reading */
	CONNECTION_BROKEN,	/* any other error, sticky as STALLED is */
};

#endif
