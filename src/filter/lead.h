/* The beginning of a URL that stands in some syntax, held back until it is
 * clear what becomes of it: its raw bytes, and what they decode to.
 *
 *	lead_start(&lead, place, form);
 *	for each character:  lead_push(&lead, decoded, raw, &outlet);
 *	where the URL ends:  lead_end(&lead, &outlet);
 *
 * At the URL's end, or once LEAD_MAX bytes are there, mapping_out() decides:
 * the raw bytes go out with the edit made, and what follows of a longer URL
 * passes straight through. */
#ifndef FILTER_LEAD_H
#define FILTER_LEAD_H

#include "filter/rewriter.h"
#include "policy/mapping.h"

#define LEAD_MAX 1024

struct lead {
	const struct mapping *mapping;
	struct mapping_place place;
	enum mapping_form form;
	bool decided;
	bool plain;    /* every byte so far stands for itself: raw is decoded */
	bool too_long; /* decided before its end was seen */
	size_t n;      /* decoded bytes held */
	size_t raw_n;
	char decoded[LEAD_MAX];
	uint16_t end[LEAD_MAX]; /* of each decoded byte, in raw */
	char raw[LEAD_MAX];
};

void lead_start(struct lead *l, const struct mapping *m,
    struct mapping_place place, enum mapping_form form);

/* One decoded byte and the raw bytes it stands for, 1 or more, or 0 for the
 * second and later bytes of a character that one reference stands for.
 * Straight to the outlet once decided. */
void lead_push(
    struct lead *l, char decoded, struct slice raw, const struct outlet *out);

/* A run of bytes that stand for themselves: the same, faster. */
void lead_push_run(
    struct lead *l, struct slice bytes, const struct outlet *out);

/* Decided: is the URL one of the component's own, edited or not? */
bool lead_own(const struct lead *l);

/* The URL is whole. */
void lead_end(struct lead *l, const struct outlet *out);

/* Instead of lead_end(): it turns out to be none, and stays as it is, unless
 * it was long enough to be decided. */
void lead_keep(struct lead *l, const struct outlet *out);

/* What it decodes to, as far as it is held. */
struct slice lead_url(const struct lead *l);

#endif
