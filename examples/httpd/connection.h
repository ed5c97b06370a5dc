/* A client's connection: a coroutine that answers one request after the other. */
#ifndef HTTPD_CONNECTION_H
#define HTTPD_CONNECTION_H

#include "worker.h"

/* Accepts connections, one after the other, until the loop ends: the coroutine of a worker. */
void accept_connections(void *worker);

#endif
