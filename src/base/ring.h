/* A ring of bytes between one producer and one consumer, who are never in each other's way.
 *
 * Positions count bytes from the beginning and wrap around at the word's end; what lies at position
 * p is at p modulo the capacity. A record that begins near the end of the memory runs on into a
 * margin behind it, so that every record is in one piece and none needs padding: the ring has
 * exactly as much room as the positions say.
 *
 * The producer may promise room to itself: what was promised is kept free of other records. Only
 * one piece is being written at a time; a signal handler that finds the ring `busy` has interrupted
 * that, and writes elsewhere.
 *
 * The orderings: `head` is stored with release when a record is complete, and loaded with acquire
 * by the consumer, who so sees the record's bytes. `tail` is stored with release when the consumer
 * has read a record, and loaded with acquire by the producer, whose next bytes in that place so
 * come after the reads. Each side keeps what it last saw of the other's position in its own cache
 * line and looks again only when that does not suffice. */
#ifndef CTI_BASE_RING_H
#define CTI_BASE_RING_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomic.h"

enum { CTI_CACHE_LINE = 64 };

typedef struct cti_ring cti_ring;
struct cti_ring {
    /* fixed */
    alignas(CTI_CACHE_LINE) unsigned char *bytes;
    size_t mask;
    size_t longest; /* bytes that a record may have: the margin */
    void *block;    /* what was allocated, or NULL */

    /* the producer's */
    alignas(CTI_CACHE_LINE) size_t head; /* published */
    size_t limit; /* how far head may go with what was not promised, as far as is known */
    size_t end;   /* how far with what was promised */
    bool busy;    /* a record is being written */

    /* the consumer's */
    alignas(CTI_CACHE_LINE) size_t tail; /* published */
    size_t seen;                         /* head as last seen */

    /* the producer's, once: where it went on when this one was full */
    alignas(CTI_CACHE_LINE) cti_ring *next;
};

/* A ring of at least `capacity` bytes, for records of at most half of that, and at most `longest`.
 * NULL when there is no memory. */
cti_ring *cti_ring_new(size_t capacity, size_t longest);
void cti_ring_free(cti_ring *ring);

/* The same in memory of the caller's, of cti_ring_footprint() bytes; nothing need be freed. */
cti_ring *cti_ring_in(void *memory, size_t capacity, size_t longest);

/* Has the system give it all its memory now, and not piece by piece as it is first written.
 * Threads: the producer, before it has published anything. */
void cti_ring_touch(cti_ring *ring);

/* The bytes that such a ring takes in memory, if all of it is used. */
size_t cti_ring_footprint(size_t capacity, size_t longest);

static inline size_t cti_ring_capacity(const cti_ring *ring) {
    return ring->mask + 1;
}

/* ---- The producer ---- */

/* Where the next record may be written, and how long it may be; NULL when that is less than
 * `least`, as far as is known. Follow with cti_ring_publish(), or do not. */
static inline unsigned char *cti_ring_room(const cti_ring *ring, size_t least, size_t *ret_room) {
    const size_t room = ring->limit - ring->head;
    if (room < least) {
        return NULL;
    }
    *ret_room = room < ring->longest ? room : ring->longest;
    return ring->bytes + (ring->head & ring->mask);
}

/* How many bytes are kept free of records that were not promised. */
static inline size_t cti_ring_promised(const cti_ring *ring) {
    return ring->end - ring->limit;
}

/* Keeps so many bytes free from now on; there must be room for them. */
static inline void cti_ring_promise(cti_ring *ring, size_t size) {
    ring->limit -= size;
}

/* So many promised bytes may be used by any record again. */
static inline void cti_ring_redeem(cti_ring *ring, size_t size) {
    ring->limit += size;
}

/* Looks at what the consumer has read by now, and returns how many bytes are unread. Takes note of
 * half the capacity at most, so that the producer comes to look again while there is room. */
size_t cti_ring_look(cti_ring *ring);

/* The record written where cti_ring_room() pointed is complete. */
static inline void cti_ring_publish(cti_ring *ring, size_t size) {
    cti_store_release(&ring->head, ring->head + size);
}

/* ---- The consumer ---- */

/* How many bytes can be read. Looks at what was published only when it knows of none. */
static inline size_t cti_ring_readable(cti_ring *ring) {
    if (ring->seen == ring->tail) {
        ring->seen = cti_load_acquire(&ring->head);
    }
    return ring->seen - ring->tail;
}

/* Looks at what was published by now. */
static inline void cti_ring_refresh(cti_ring *ring) {
    ring->seen = cti_load_acquire(&ring->head);
}

/* What can be read; records are in one piece, but not one with the next. */
static inline const unsigned char *cti_ring_at(const cti_ring *ring) {
    return ring->bytes + (ring->tail & ring->mask);
}

/* Writes to each cache line that lies between, but for the one that `end` is in.
 *
 * As long as both sides have a copy of a line that they read, a store to it takes effect only when
 * the other side's copy is gone, and later stores wait in line behind it. Once the consumer has
 * written to it, the producer has no copy any more: then it fetches the line as soon as it knows
 * that it will store there, several at a time. Without this an event took the producer 1.5 times as
 * long where two processors share a cache, and 5 times as long where they do not (EPYC 9004, 128
 * KiB). */
static inline void cti_ring_take_over(unsigned char *at, const unsigned char *end) {
    while (((uintptr_t)at ^ (uintptr_t)end) >= CTI_CACHE_LINE) {
        cti_store_relaxed(at, (unsigned char)0);
        at += CTI_CACHE_LINE;
    }
}

/* A record of that size has been read, and its place may be written again. */
static inline void cti_ring_consume(cti_ring *ring, size_t size) {
    unsigned char *at = ring->bytes + (ring->tail & ring->mask);
    cti_ring_take_over(at, at + size);
    cti_store_release(&ring->tail, ring->tail + size);
}

#endif
