/* From the records of a recording back to callbacks.
 *
 * A player stands where the recorded threads stood, and opens, enters and closes spans as a program
 * does. It listens itself, and passes on what it hears with the moment of then in the place of
 * now. */
#ifndef CTI_COMPOSE_PLAYER_H
#define CTI_COMPOSE_PLAYER_H

#include "ctrace/subscriber.h"
#include "record/get.h"

typedef struct cti_player cti_player;
typedef struct cti_stream cti_stream; /* one thread's records */

/* Takes over the subscriber, also on failure: NULL when there is no memory. */
cti_player *cti_player_new(ctrace_subscriber *inner);

/* Closes what is open, and lets go of the subscriber. */
void cti_player_end(cti_player *player);

/* A stream that lasts as long as the player; NULL when there is no memory. */
cti_stream *cti_player_stream(cti_player *player);

/* Plays one record. NULL, or what is wrong with it. */
const char *cti_player_play(cti_stream *stream, const cti_record_head *head, cti_get rest);

#endif
