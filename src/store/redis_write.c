/* A new entry from its begin to its end.
 *
 * Pieces are sent as they are full, to expire if they are never wanted; the
 * last one goes along with the head, so that a small response is one question
 * and one answer. */
#include "store/redis_in.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/message.h"

/* The rows of purged keys are not good for longer. */
#define WRITER_MAX_MS  (60 * 60 * 1000)
#define WRITER_KEEP_MS "3900000"

#define ROWS_BYTES      (RECORD_TAGS_MAX * 8u)
#define DROPPED_AT_ONCE 16u
#define VARIANT_HEX     16u

struct writer {
	struct store_writer base;
	bool failed;
	bool fresh; /* nothing but the head is written anew */
	int64_t length;
	int64_t begun_ms;
	uint64_t mark;
	struct redis_name entry;
	char key_row[16];
	char variant[VARIANT_HEX + 1]; /* or - */
	char rows[ROWS_BYTES];         /* of its tags */
	size_t rows_n;
	char id[ID_HEX];
	char *head;
	uint32_t head_bytes;
	uint64_t body_bytes;
	unsigned sent; /* pieces */
	char *buffer;  /* of the piece that is not full yet */
	size_t buffered;
};

static struct redis *redis_of(const struct writer *w)
{
	return (struct redis *)w->base.store;
}

static size_t piece_size(const struct writer *w)
{
	return w->sent == 0 ? FIRST_BYTES : PIECE_BYTES;
}

/* ---- pieces ---- */

static bool is_ok(const struct redis_reply *reply)
{
	return reply != NULL && reply->n == 1 &&
	    reply->item[0].kind == REDIS_TEXT;
}

static bool fail(struct writer *w, const struct redis_reply *reply)
{
	w->failed = true;
	if (reply != NULL && redis_why(redis_error(reply)) == STORE_FULL)
		redis_full(redis_of(w), w->begun_ms);
	else
		redis_failed(redis_of(w), w->begun_ms);
	return false;
}

static bool send_piece(struct writer *w)
{
	struct redis *r = redis_of(w);
	struct redis_name name = redis_name_piece(r, w->id, w->sent);
	const struct redis_reply *reply = NULL;
	char *larger;

	if (redis_ready(r, 1) &&
	    link_ask(r->link,
		(struct slice[]){ LIT("SET"), redis_name_slice(&name),
		    { w->buffer, w->buffered }, LIT("PX"),
		    LIT(WRITER_KEEP_MS) },
		5))
		reply = link_answer(r->link);
	if (!is_ok(reply))
		return fail(w, reply);
	if (w->sent++ > 0) {
		w->buffered = 0;
		return true;
	}
	larger = realloc(w->buffer, PIECE_BYTES);
	if (larger == NULL)
		return fail(w, NULL);
	w->buffer = larger;
	w->buffered = 0;
	return true;
}

/* Of what will not be stored; what cannot be said expires. */
static void drop_pieces(struct writer *w)
{
	struct redis *r = redis_of(w);
	struct redis_name names[DROPPED_AT_ONCE];
	struct slice words[DROPPED_AT_ONCE + 1] = { LIT("UNLINK") };
	unsigned done = 0;

	while (done < w->sent) {
		size_t n = 0;

		while (n < DROPPED_AT_ONCE && done < w->sent) {
			names[n] = redis_name_piece(r, w->id, done++);
			words[n + 1] = redis_name_slice(&names[n]);
			n++;
		}
		if (!redis_ready(r, 1) || !link_ask(r->link, words, n + 1) ||
		    link_answer(r->link) == NULL)
			return;
	}
}

bool redis_append(struct store_writer *base, struct slice piece)
{
	struct writer *w = (struct writer *)base;

	if (w->failed || piece.len == 0)
		return !w->failed;
	w->body_bytes += piece.len;
	if (w->body_bytes > redis_of(w)->max_body_bytes || w->fresh ||
	    (w->length != LENGTH_UNKNOWN &&
		w->body_bytes > (uint64_t)w->length)) {
		w->failed = true;
		return false;
	}
	while (piece.len > 0) {
		size_t n;

		if (w->buffered == piece_size(w) && !send_piece(w))
			return false;
		n = piece_size(w) - w->buffered;
		n = n < piece.len ? n : piece.len;
		memcpy(w->buffer + w->buffered, piece.at, n);
		w->buffered += n;
		piece = slice_from(piece, n);
	}
	return true;
}

/* ---- beginning ---- */

static void set_rows(struct writer *w, const struct record *r)
{
	struct redis_number row = redis_number(redis_row(r->key, PURGED_KEYS));
	struct text t = text_over(w->rows, sizeof(w->rows));

	w->key_row[0] = 'k';
	memcpy(w->key_row + 1, row.at, row.n + 1);
	for (size_t i = 0; i < r->tags.n; i++) {
		text_add(&t, i == 0 ? LIT("t") : LIT(" t"));
		text_u64(&t, redis_row(r->tags.at[i], PURGED_TAGS));
	}
	w->rows_n = text_slice(&t).len;
}

static void set_variant(struct writer *w, struct slice variant)
{
	char hex[ID_HEX];

	if (variant.len == 0) {
		memcpy(w->variant, "-", 2);
		return;
	}
	redis_digest(variant, hex);
	memcpy(w->variant, hex, VARIANT_HEX);
	w->variant[VARIANT_HEX] = '\0';
}

/* The same entry with another head: its body stays where it is. */
static bool is_fresh(const struct record *r, const struct store_hit *hit)
{
	return slice_eq(r->key, hit->record.key) &&
	    slice_eq(r->variant, hit->record.variant);
}

static bool set_head(struct writer *w, struct record *r)
{
	r->body_at = record_body_at(r);
	r->body_sum = 0;
	r->boot = 0;
	w->head_bytes = r->body_at;
	w->head = r->body_at == 0 ? NULL : malloc(r->body_at);
	return w->head != NULL && record_write(r, w->head);
}

static void writer_free(struct writer *w)
{
	free(w->buffer);
	free(w->head);
	free(w);
}

static bool set_up(
    struct writer *w, struct record *r, const struct store_hit *body)
{
	w->fresh = body != NULL && is_fresh(r, body);
	r->body_bytes = w->fresh ? body->record.body_bytes : 0;
	if (!set_head(w, r))
		return false;
	if (w->fresh) {
		memcpy(w->id, redis_hit_id(body), ID_HEX);
		w->body_bytes = r->body_bytes;
		return true;
	}
	w->buffer = malloc(FIRST_BYTES);
	return w->buffer != NULL && redis_random(w->id, ID_HEX / 2) &&
	    (body == NULL || store_copy_body(&w->base, body));
}

struct store_writer *redis_begin(struct store *s, const struct record *given,
    int64_t length, const struct store_hit *body, int64_t now_ms)
{
	struct redis *r = (struct redis *)s;
	struct record record = *given;
	struct writer *w;

	if (!redis_ready(r, 1) ||
	    (length != LENGTH_UNKNOWN &&
		(uint64_t)length > r->max_body_bytes)) {
		redis_failed(r, now_ms);
		return NULL;
	}
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return NULL;
	w->base.store = s;
	w->length = body == NULL ? length : LENGTH_UNKNOWN;
	w->begun_ms = now_ms;
	w->mark = record.generation;
	w->entry = redis_name_entry(r, record.key);
	set_rows(w, &record);
	set_variant(w, record.variant);
	if (set_up(w, &record, body))
		return &w->base;
	drop_pieces(w);
	writer_free(w);
	return NULL;
}

/* ---- the end ---- */

static unsigned pieces_of(uint64_t body_bytes)
{
	if (body_bytes == 0)
		return 0;
	if (body_bytes <= FIRST_BYTES)
		return 1;
	return (unsigned)((body_bytes - FIRST_BYTES + PIECE_BYTES - 1) /
		   PIECE_BYTES) +
	    1;
}

static bool commit(struct writer *w, int64_t now_ms)
{
	struct redis *r = redis_of(w);
	struct redis_name state = redis_name_state(r);
	struct redis_number numbers[] = {
		redis_new_epoch(),
		redis_number(w->mark >> GENERATION_BITS),
		redis_number(w->mark & GENERATION_MASK),
		redis_number(w->body_bytes),
		redis_number(pieces_of(w->body_bytes)),
		redis_number(STORE_VARIANTS_MAX),
	};
	struct slice arguments[16] = {
		link_life(r->link),
		redis_number_slice(&numbers[0]),
		{ r->body, r->body_n },
		redis_number_slice(&numbers[1]),
		redis_number_slice(&numbers[2]),
		slice_of(w->variant),
		{ w->head, w->head_bytes },
		{ w->id, ID_HEX },
		redis_number_slice(&numbers[3]),
		redis_number_slice(&numbers[4]),
		{ w->buffer, w->buffered },
		LIT(KEEP_MS),
		w->fresh ? LIT("1") : LIT("0"),
		slice_of(w->key_row),
		{ w->rows, w->rows_n },
		redis_number_slice(&numbers[5]),
	};
	const struct redis_reply *reply = link_run(r->link, REDIS_COMMIT,
	    (struct slice[]){
		redis_name_slice(&state), redis_name_slice(&w->entry) },
	    arguments, 16);

	if (reply == NULL || redis_error(reply).len > 0)
		return fail(w, reply);
	if (reply->n != 1 || reply->item[0].kind != REDIS_NUMBER ||
	    reply->item[0].number != 1)
		return false;
	redis_went_well(r, now_ms);
	return true;
}

bool redis_end(struct store_writer *base, bool whole, int64_t now_ms)
{
	struct writer *w = (struct writer *)base;
	bool done = false;

	if (whole && !w->failed && now_ms - w->begun_ms < WRITER_MAX_MS &&
	    (w->length == LENGTH_UNKNOWN ||
		(uint64_t)w->length == w->body_bytes) &&
	    redis_ready(redis_of(w), 1)) {
		if (!w->fresh)
			record_finish(w->head, w->body_bytes, 0);
		done = commit(w, now_ms);
	}
	if (!done)
		drop_pieces(w);
	writer_free(w);
	return done;
}
