/* Credentials, signatures, and the steps of policy/s3_site.h done. */
#include "engine/bucket.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/exchange_state.h"
#include "engine/hint.h"
#include "engine/keyring.h"
#include "http/date.h"
#include "policy/s3_error.h"
#include "policy/s3_request.h"
#include "policy/s3_site.h"
#include "policy/sigv4.h"

struct bucket_walk {
	struct s3_site site;
	struct fields fields;       /* of the client and the rules */
	struct slice access_key_id; /* of the last signature */
	struct keyring_waiter waiter;

	/* a response that was not admitted */
	bool ours;       /* this is one */
	bool collecting; /* its content decides on the act */
	bool stopped;    /* we broke it off */
	enum s3_act act; /* once it is over */
	struct response head;
	struct text content;
};

static struct slice page_words(int status)
{
	switch (status) {
	case 403:
		return LIT("This is not open to everyone.");
	case 404:
		return LIT("There is nothing at this address.");
	case 405:
		return LIT("This method is not allowed here.");
	case 411:
		return LIT("The length of the content must be told.");
	case 412:
		return LIT("A condition of the request does not hold.");
	case 416:
		return LIT("The range lies outside of the content.");
	case 500:
	case 503:
		return LIT("The storage cannot answer now.  Please try again.");
	default:
		return LIT("The storage did not accept the request.");
	}
}

static void answer_with_page(struct exchange *e)
{
	const struct s3_site *site = &e->bucket->site;
	struct answer answer = answer_page(
	    e->arena, site->status, page_words(site->status), e->request);
	struct fields *fields = &answer.response.fields;
	struct text after = text_in(e->arena, 24);

	for (size_t i = 0; i < site->extra.n; i++)
		(void)field_add(fields, e->arena, site->extra.at[i].name,
		    site->extra.at[i].value);
	if (site->retry_after_s > 0) {
		text_u64(&after, (uint64_t)site->retry_after_s);
		(void)field_set(
		    fields, e->arena, LIT("Retry-After"), text_slice(&after));
	}
	reply_answer(e, answer);
}

static void fail(struct exchange *e, struct slice why)
{
	const char *detail = arena_cstr(e->arena, why);

	reply_fault(
	    e, FAULT_PROXY_CONFIGURATION_ERROR, detail == NULL ? "" : detail);
}

/* The server's clock, as its Date tells. */
static void learn_time(struct exchange *e)
{
	struct worker *w = e->worker;
	int64_t now_s = exchange_now_s(e);
	int64_t server_s;

	if (!date_parse(field_get(&e->bucket->head.fields, LIT("Date")), now_s,
		&server_s))
		return;
	log_line(LOG_WARN,
	    "%.*s: [%.*s] the clock of %.*s is %lld s from ours: requests "
	    "are signed with its time; check both clocks",
	    SLICE_ARG(e->request->id), SLICE_ARG(e->match.rule->name),
	    SLICE_ARG(e->match.rule->origin.authority),
	    (long long)(server_s - now_s));
	skew_learn(&w->skew, e->match.rule->origin.authority, server_s - now_s);
}

static void renew(struct exchange *e)
{
	const struct credentials *c = e->match.rule->bucket.credentials;

	if (keyring_refused(e->worker->keyring, c, e->bucket->access_key_id))
		bucket_fetch(e);
	else
		fail(e,
		    ARENA_JOIN(e->arena,
			LIT("the bucket refuses the credentials of "),
			keyring_source(c, e->arena)));
}

/* This request cannot be sent again; those that come next profit. */
static void learn_for_others(struct exchange *e)
{
	if (e->bucket->site.lesson == S3_SKEWED)
		learn_time(e);
	else if (e->bucket->site.lesson == S3_RENEW)
		(void)keyring_refused(e->worker->keyring,
		    e->match.rule->bucket.credentials,
		    e->bucket->access_key_id);
}

/* What an administrator should know, where the visitor is answered all the
 * same. */
static void tell(const struct exchange *e)
{
	const struct bucket_walk *b = e->bucket;

	if (b->site.why.len > 0 && b->act != S3_FAULT)
		hint_once(e, LOG_WARN, b->site.why);
}

static void act(struct exchange *e, enum s3_act what)
{
	struct s3_site *site = &e->bucket->site;

	switch (what) {
	case S3_SKEWED:
		learn_time(e);
		bucket_fetch(e);
		return;
	case S3_RENEW:
		renew(e);
		return;
	case S3_REDIRECT:
		reply_answer(e,
		    answer_redirect(e->arena, site->status, site->location,
			false, e->request));
		return;
	case S3_PAGE:
		learn_for_others(e);
		answer_with_page(e);
		return;
	case S3_FAULT:
		fail(e, site->why);
		return;
	case S3_ASK:
	case S3_ADMIT:
	case S3_COLLECT:
		break;
	}
	bucket_fetch(e);
}

bool bucket_begin(struct exchange *e)
{
	struct bucket_walk *b = arena_zero(e->arena, sizeof(*b));
	enum s3_act first;

	e->bucket = b;
	e->tls = &e->match.rule->tls;
	if (b == NULL ||
	    !mapping_make(e->request, &e->match, e->arena, &e->mapping)) {
		exchange_refuse_too_large(e);
		return false;
	}
	switch (s3_request_fields(e->request, &e->match, exchange_settings(e),
	    e->arena, &b->fields)) {
	case FORWARD_OK:
		if (e->cached != NULL)
			cached_ask(e, &b->fields);
		break;
	case FORWARD_LOOP:
		reply_fault(e, FAULT_PROXY_LOOP_DETECTED, "");
		return false;
	default:
		exchange_refuse_too_large(e);
		return false;
	}
	first = s3_site_begin(e->request, &e->match, e->arena, &b->site);
	if (first != S3_ASK) {
		act(e, first);
		return false;
	}
	return true;
}

/* --- asking ------------------------------------------------------------- */

static void on_credentials(void *user)
{
	bucket_fetch(user);
}

static bool sign(struct exchange *e, const struct keyring_grant *grant,
    int64_t now_s, struct fields *sent, const struct fields *signing)
{
	struct bucket_walk *b = e->bucket;
	struct sigv4_manner manner = { .name_payload = true };
	struct sigv4_request r = {
		.method = b->site.ask.method,
		.path = b->site.ask.path,
		.query = b->site.ask.query,
		.fields = signing,
		.payload = exchange_content_length(e) == 0 ? SIGV4_EMPTY :
							     SIGV4_UNSIGNED,
	};

	b->access_key_id = arena_slice(e->arena, grant->identity.access_key_id);
	return b->access_key_id.at != NULL &&
	    sigv4_sign(&r, &grant->identity, &manner, now_s, e->arena, sent);
}

static struct slice target_of(const struct s3_ask *ask, struct arena *a)
{
	return ask->query.len == 0 ?
	    ask->path :
	    ARENA_JOIN(a, ask->path, LIT("?"), ask->query);
}

static bool make_request(
    struct exchange *e, const struct keyring_grant *grant, int64_t now_s)
{
	struct bucket_walk *b = e->bucket;
	const struct s3_ask *ask = &b->site.ask;
	const struct rule *rule = e->match.rule;
	struct fields sent = { 0 };
	struct fields signing = { 0 };

	if (!s3_ask_fields(ask, &b->fields, e->arena, &sent, &signing) ||
	    (grant != NULL && !sign(e, grant, now_s, &sent, &signing)))
		return false;
	e->upstream = (struct upstream){
		.method = ask->method,
		.root = rule->origin.root,
		.target = target_of(ask, e->arena),
		.fields = sent,
	};
	return e->upstream.target.at != NULL;
}

void bucket_fetch(struct exchange *e)
{
	struct bucket_walk *b = e->bucket;
	const struct rule *rule = e->match.rule;
	struct keyring *k = e->worker->keyring;
	struct keyring_grant grant;
	const struct keyring_grant *by = &grant;
	int64_t now_s = exchange_now_s(e) +
	    skew_of(&e->worker->skew, rule->origin.authority);

	/* S3 takes no content of unknown length. */
	if (exchange_content_length(e) == LENGTH_UNKNOWN) {
		b->site.status = 411;
		answer_with_page(e);
		return;
	}
	exchange_touch(e);
	b->ours = false;
	switch (keyring_ask(
	    k, rule->bucket.credentials, rule->bucket.region, now_s, &grant)) {
	case KEYRING_WAIT:
		b->waiter.ready = on_credentials;
		b->waiter.user = e;
		keyring_wait(k, rule->bucket.credentials, &b->waiter);
		return;
	case KEYRING_MISSING:
		fail(e, grant.why);
		return;
	case KEYRING_UNSIGNED:
		by = NULL;
		break;
	case KEYRING_READY:
		break;
	}
	if (!make_request(e, by, now_s))
		exchange_refuse_too_large(e);
	else
		exchange_fetch(e);
}

void bucket_fetch_whole(struct exchange *e)
{
	field_remove(&e->bucket->fields, LIT("Range"));
	field_remove(&e->bucket->fields, LIT("If-Range"));
	if (e->cached != NULL)
		cached_ask(e, &e->bucket->fields);
	bucket_fetch(e);
}

void bucket_leave(struct exchange *e)
{
	if (e->bucket != NULL)
		keyring_leave(&e->bucket->waiter);
}

/* --- what comes ---------------------------------------------------------- */

bool bucket_admits(struct exchange *e, struct response *r, enum flow *flow_out)
{
	struct bucket_walk *b = e->bucket;
	/* The next asking may have another method. */
	struct slice method = b->site.ask.method;

	b->act = s3_site_head(&b->site, r);
	b->ours = b->act != S3_ADMIT;
	if (!b->ours) {
		tell(e);
		return true;
	}
	b->head = *r;
	b->collecting = b->act == S3_COLLECT;
	b->content = text_in(e->arena, S3_ERROR_MAX_BYTES);
	b->stopped = !b->collecting && exchange_breaks_off(r, method);
	*flow_out = b->stopped ? FLOW_STOP : FLOW_GO;
	return false;
}

bool bucket_takes(struct exchange *e, struct slice bytes, enum flow *flow_out)
{
	struct bucket_walk *b = e->bucket;
	size_t room = S3_ERROR_MAX_BYTES - b->content.len;

	if (!b->ours)
		return false;
	*flow_out = FLOW_GO;
	if (!b->collecting)
		return true;
	text_add(&b->content, slice_upto(bytes, room));
	b->stopped = bytes.len > room || text_spent(&b->content);
	if (b->stopped)
		*flow_out = FLOW_STOP;
	return true;
}

/* A kept connection that was closed says nothing of the bucket, and GET, HEAD,
 * PUT and DELETE may be sent again. */
static bool was_stale(
    const struct exchange *e, enum fault fault, struct transfer_trail trail)
{
	return fault == FAULT_CONNECTION_TERMINATED && trail.reused &&
	    !e->begun && !e->content_lost;
}

bool bucket_done(
    struct exchange *e, enum fault fault, struct transfer_trail trail)
{
	struct bucket_walk *b = e->bucket;

	if (!b->ours && was_stale(e, fault, trail)) {
		e->fresh = true;
		bucket_fetch(e);
		return true;
	}
	if (!b->ours || (fault != FAULT_NONE && b->collecting && !b->stopped))
		return false;
	if (b->collecting)
		b->act =
		    s3_site_error(&b->site, &b->head, text_slice(&b->content));
	tell(e);
	act(e, b->act);
	return true;
}
