/* A chain of small transfers, each step judged before the next.  Whatever
 * passes through here is a secret: one block holds it and is wiped. */
#include "engine/keyring_round.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "engine/keyring_entry.h"
#include "http/date.h"
#include "origin/transfer.h"
#include "policy/aws_token.h"

#define CONNECT_TIMEOUT_MS 1000
#define ROUND_S            5.

/* Clocks further apart are not the time that an answer takes. */
#define SKEW_S 5.

#define STEP_ARENA_BYTES (256 * 1024)
#define BODY_MAX         (64 * 1024)
#define TOKEN_MAX        2048
#define ROLE_MAX         128
#define TARGET_MAX       2048
#define ROOT_MAX         512

enum step {
	STEP_TOKEN,
	STEP_ROLE,
	STEP_ROLE_KEYS,
	STEP_CONTAINER_KEYS,
};

struct round {
	struct entry *entry;
	enum step step;
	struct transfer *transfer;
	struct arena *arena; /* the transfer's */
	struct ev_timer deadline;
	bool again;  /* a token was refused already */
	bool larger; /* than a body may be */
	int status;
	double skew_s; /* of the service's clock; 0 unless it matters */
	char root[ROOT_MAX + 1];
	struct slice authority; /* in root */
	struct text base;
	struct text target; /* a container's */
	struct text secret; /* the token, or what authorizes */
	struct text role;
	size_t body_len;
	char base_room[TARGET_MAX];
	char target_room[TARGET_MAX];
	char secret_room[ROUND_AUTHORIZATION_MAX];
	char role_room[ROLE_MAX];
	char body[BODY_MAX];
};

/* --- the end ---------------------------------------------------------- */

static void transfer_drop(struct round *r)
{
	transfer_cancel(r->transfer);
	r->transfer = NULL;
	if (r->arena != NULL)
		arena_wipe(r->arena);
	arena_free(r->arena);
	r->arena = NULL;
}

void round_cancel(struct round *r)
{
	if (r == NULL)
		return;
	transfer_drop(r);
	ev_timer_stop(r->entry->keyring->loop, &r->deadline);
	OPENSSL_cleanse(r, sizeof(*r));
	free(r);
}

static void fail(struct round *r, const char *words)
{
	struct entry *e = r->entry;

	entry_tried(e, "%s %s", r->root, words);
	e->round = NULL;
	round_cancel(r);
	entry_failed(e);
}

/* By our own clock. */
static ev_tstamp end_of(const struct round *r, const struct aws_token *token)
{
	double end = (double)token->expires_s - r->skew_s;

	if (token->expires_s == AWS_TOKEN_FOREVER)
		return 0.;
	return end < 1. ? 1. : end;
}

static void succeed(struct round *r, const struct aws_token *token)
{
	struct entry *e = r->entry;
	enum credentials_source from = r->step == STEP_CONTAINER_KEYS ?
	    CREDENTIALS_CONTAINER :
	    CREDENTIALS_INSTANCE;

	e->round = NULL;
	entry_got(e, from, &token->keys, end_of(r, token));
	round_cancel(r);
}

/* --- judging the steps ------------------------------------------------ */

static void step_begin(struct round *r, enum step step);

static struct slice first_line(const struct round *r)
{
	struct slice body = { r->body, r->body_len };

	body = slice_upto(body, slice_find(body, '\n'));
	if (slice_ends(body, LIT("\r")))
		body.len--;
	return slice_trim(body);
}

static bool is_visible(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] >= 0x7f)
			return false;
	return s.len > 0;
}

static void judge_token(struct round *r)
{
	struct slice token = first_line(r);

	text_add(&r->secret, token);
	if (!is_visible(token) || text_spent(&r->secret))
		fail(r, "gives out no session token");
	else
		step_begin(r, STEP_ROLE);
}

/* Names of roles, IAM User Guide, "IAM and AWS STS quotas". */
static bool is_role(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alpha(s.at[i]) && !ascii_is_digit(s.at[i]) &&
		    memchr("_+=,.@-", s.at[i], 7) == NULL)
			return false;
	return s.len > 0;
}

static void judge_role(struct round *r)
{
	struct slice role = first_line(r);

	text_add(&r->role, role);
	if (role.len == 0)
		fail(r, "knows no role: attach one to the instance");
	else if (!is_role(role) || text_spent(&r->role))
		fail(r, "names a role that can be none");
	else
		step_begin(r, STEP_ROLE_KEYS);
}

static void judge_keys(struct round *r)
{
	static const char *const words[] = {
		[AWS_TOKEN_NO_JSON] = "answers what is no JSON of credentials",
		[AWS_TOKEN_REFUSED] = "has no credentials",
		[AWS_TOKEN_INCOMPLETE] = "answers credentials that lack a part",
		[AWS_TOKEN_TIME] = "does not say when its credentials end",
	};
	struct aws_token token = { .expires_s = 0 };
	enum aws_token_fault fault =
	    aws_token_read(r->body, r->body_len, &token);

	if (fault == AWS_TOKEN_OK) {
		succeed(r, &token);
		return;
	}
	if (fault == AWS_TOKEN_REFUSED && token.code.len > 0)
		entry_tried(r->entry, "%.*s", SLICE_ARG(token.code));
	fail(r, words[fault]);
}

static const struct {
	struct slice method;
	struct slice path;
	struct slice field; /* holds `secret`, but for the first step */
	void (*judge)(struct round *);
	const char *missing; /* what 404 means */
} steps[] = {
	[STEP_TOKEN] = { { "PUT", 3 }, { "/latest/api/token", 17 },
	    { "X-aws-ec2-metadata-token-ttl-seconds", 36 }, judge_token,
	    "has no instance metadata of version 2" },
	[STEP_ROLE] = { { "GET", 3 },
	    { "/latest/meta-data/iam/security-credentials/", 43 },
	    { "X-aws-ec2-metadata-token", 24 }, judge_role,
	    "knows no role: attach one to the instance" },
	[STEP_ROLE_KEYS] = { { "GET", 3 },
	    { "/latest/meta-data/iam/security-credentials/", 43 },
	    { "X-aws-ec2-metadata-token", 24 }, judge_keys,
	    "has no credentials of its role" },
	[STEP_CONTAINER_KEYS] = { { "GET", 3 }, { "", 0 },
	    { "Authorization", 13 }, judge_keys, "has no credentials there" },
};

/* --- a transfer ------------------------------------------------------- */

static void on_connected(void *user)
{
	(void)user;
}

/* By the service's clock its credentials end; ours may be another. */
static void note_skew(struct round *r, const struct fields *fields)
{
	double now = ev_now(r->entry->keyring->loop);
	int64_t date_s;

	r->skew_s = 0.;
	if (!date_parse(field_get(fields, LIT("Date")), (int64_t)now, &date_s))
		return;
	if ((double)date_s > now + SKEW_S || (double)date_s < now - SKEW_S)
		r->skew_s = (double)date_s - now;
}

static enum flow on_head(void *user, struct response *response)
{
	struct round *r = user;

	r->status = response->status;
	note_skew(r, &response->fields);
	return FLOW_GO;
}

static enum flow on_body(void *user, struct slice piece)
{
	struct round *r = user;

	if (piece.len > BODY_MAX - r->body_len) {
		r->larger = true;
		return FLOW_STOP;
	}
	memcpy(r->body + r->body_len, piece.at, piece.len);
	r->body_len += piece.len;
	return FLOW_GO;
}

static void on_done(void *user, enum fault fault, struct transfer_trail trail)
{
	struct round *r = user;
	char words[256];
	struct text text = text_over(words, sizeof(words) - 1);

	(void)trail;
	memset(words, 0, sizeof(words));
	r->transfer = NULL;
	transfer_drop(r);
	if (r->larger) {
		fail(r, "answers more than any credentials are");
	} else if (fault != FAULT_NONE) {
		text_format(&text, "does not answer: %.*s",
		    SLICE_ARG(fault_words(fault)));
		fail(r, words);
	} else if (r->status == 200) {
		steps[r->step].judge(r);
	} else if (r->status == 401 && !r->again &&
	    (r->step == STEP_ROLE || r->step == STEP_ROLE_KEYS)) {
		r->again = true;
		step_begin(r, STEP_TOKEN);
	} else {
		text_format(&text, "answers %d%s%s", r->status,
		    r->status == 404 ? ": it " : "",
		    r->status == 404 ? steps[r->step].missing : "");
		fail(r, words);
	}
}

static void on_deadline(
    struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct round *r = timer->data;

	(void)loop;
	(void)revents;
	/* The first answer's packets may not be let into a container. */
	fail(r,
	    r->step == STEP_TOKEN ?
		"takes longer than five seconds: from within a container "
		"the instance's metadata hop limit must be 2" :
		"takes longer than five seconds");
}

static bool transfer_begin(struct round *r)
{
	static const struct transfer_events events = { on_connected, on_head,
		on_body, NULL, NULL, on_done };
	struct fields fields = { 0 };
	struct transfer_request request = {
		.method = steps[r->step].method,
		.root = slice_of(r->root),
		.fields = &fields,
		.content_length = LENGTH_UNKNOWN,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
	};
	struct slice secret =
	    r->step == STEP_TOKEN ? LIT("21600") : text_slice(&r->secret);

	r->arena = arena_new(STEP_ARENA_BYTES);
	if (r->arena == NULL)
		return false;
	request.target = r->step == STEP_CONTAINER_KEYS ?
	    text_slice(&r->target) :
	    ARENA_JOIN(r->arena, text_slice(&r->base), steps[r->step].path,
		r->step == STEP_ROLE_KEYS ? text_slice(&r->role) : LIT(""));
	if (request.target.at == NULL ||
	    !field_add(&fields, r->arena, LIT("Host"), r->authority))
		return false;
	if (secret.len > 0 &&
	    !field_add(&fields, r->arena, steps[r->step].field, secret))
		return false;
	r->transfer = transfer_start(
	    r->entry->keyring->multi, r->arena, &request, &events, r);
	return r->transfer != NULL;
}

static bool step_enter(struct round *r, enum step step)
{
	r->step = step;
	r->status = 0;
	r->body_len = 0;
	if (step == STEP_TOKEN)
		r->secret.len = r->role.len = 0;
	return transfer_begin(r);
}

static void step_begin(struct round *r, enum step step)
{
	if (!step_enter(r, step))
		fail(r, "cannot be asked: no memory");
}

struct round *round_start(struct entry *e, const struct round_service *service)
{
	struct round *r = calloc(1, sizeof(*r));
	struct slice root = service->origin->root;

	if (r == NULL)
		return NULL;
	r->entry = e;
	ev_timer_init(&r->deadline, on_deadline, ROUND_S, 0.);
	r->deadline.data = r;
	r->base = text_over(r->base_room, sizeof(r->base_room));
	r->target = text_over(r->target_room, sizeof(r->target_room));
	r->secret = text_over(r->secret_room, sizeof(r->secret_room));
	r->role = text_over(r->role_room, sizeof(r->role_room));
	text_add(&r->base, service->origin->base);
	text_add(&r->target, service->target);
	text_add(&r->secret, service->authorization);
	if (root.len <= ROOT_MAX) {
		memcpy(r->root, root.at, root.len);
		r->authority = (struct slice){ r->root + root.len -
			    service->origin->authority.len,
			service->origin->authority.len };
	}
	if (root.len > ROOT_MAX || text_spent(&r->base) ||
	    text_spent(&r->target) || text_spent(&r->secret) ||
	    !step_enter(
		r, service->instance ? STEP_TOKEN : STEP_CONTAINER_KEYS)) {
		round_cancel(r);
		return NULL;
	}
	ev_timer_start(e->keyring->loop, &r->deadline);
	return r;
}
