/* The chain: order by phase, resumption from the end, the first fault. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/text.h"
#include "filter/sink.h"

/* Notes each call under its one-letter name. */
struct link {
	struct sink sink; /* first */
	char name;
	struct text *log;
	enum flow resumes;
};

static void note(struct link *l, char call)
{
	text_char(l->log, call);
	text_char(l->log, l->name);
	text_char(l->log, ' ');
}

static enum flow link_begin(struct sink *s, struct response *r)
{
	note((struct link *)s, 'b');
	return s->next == NULL ? FLOW_GO : sink_begin_next(s, r);
}

static enum flow link_write(struct sink *s, struct slice bytes)
{
	note((struct link *)s, 'w');
	return s->next == NULL ? FLOW_GO : sink_write_next(s, bytes);
}

static enum flow link_resume(struct sink *s)
{
	note((struct link *)s, 'r');
	return ((struct link *)s)->resumes;
}

static enum flow link_end(struct sink *s, enum fault fault)
{
	note((struct link *)s, 'e');
	return s->next == NULL ? FLOW_GO : sink_end_next(s, fault);
}

static void link_free(struct sink *s)
{
	note((struct link *)s, 'f');
}

static const struct sink_ops link_ops = { "link", link_begin, link_write,
	link_resume, link_end, link_free };
static const struct sink_ops still_ops = { "still", link_begin, link_write,
	NULL, link_end, link_free };

static const struct {
	char name;
	enum phase phase;
} pushes[] = {
	{ 'F', PHASE_FRONT },
	{ 'E', PHASE_ENCODE },
	{ '1', PHASE_REWRITE },
	{ 'D', PHASE_DECODE },
	{ '2', PHASE_REWRITE },
	{ 'S', PHASE_STORE },
};

struct fixture {
	char room[256];
	struct text log;
	struct link links[ROWS(pushes)];
	struct chain chain;
};

static void fill(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->log = text_over(f->room, sizeof(f->room));
	for (size_t i = 0; i < ROWS(pushes); i++) {
		f->links[i] =
		    (struct link){ .name = pushes[i].name, .log = &f->log };
		f->links[i].sink.ops =
		    pushes[i].name == 'F' ? &still_ops : &link_ops;
		chain_push(&f->chain, &f->links[i].sink, pushes[i].phase);
	}
}

static struct slice told(struct fixture *f)
{
	struct slice told = text_slice(&f->log);

	f->log.len = 0;
	return told;
}

static void phases_order_the_sinks(void **state)
{
	struct fixture f;
	struct response r = { .status = 200 };

	(void)state;
	fill(&f);
	chain_begin(&f.chain, &r);
	assert_slice(told(&f), LIT("bD b1 b2 bE bS bF "), LIT("begin"));
	chain_write(&f.chain, LIT("x"));
	assert_slice(told(&f), LIT("wD w1 w2 wE wS wF "), LIT("write"));
	chain_end(&f.chain, FAULT_NONE);
	assert_slice(told(&f), LIT("eD e1 e2 eE eS eF "), LIT("end"));
	chain_free(&f.chain);
	assert_slice(told(&f), LIT("fD f1 f2 fE fS fF "), LIT("free"));
	assert_null(f.chain.first);
}

static void the_last_resumes_first(void **state)
{
	struct fixture f;

	(void)state;
	fill(&f);
	assert_int_equal(chain_resume(&f.chain), FLOW_GO);
	assert_slice(told(&f), LIT("rS rE r2 r1 rD "), LIT("all go on"));
	/* One that fills its neighbour keeps those before it waiting. */
	f.links[4].resumes = FLOW_FULL;
	assert_int_equal(chain_resume(&f.chain), FLOW_FULL);
	assert_slice(told(&f), LIT("rS rE r2 "), LIT("full"));
	f.links[1].resumes = FLOW_STOP;
	assert_int_equal(chain_resume(&f.chain), FLOW_STOP);
	assert_slice(told(&f), LIT("rS rE "), LIT("stopped"));
	chain_free(&f.chain);
}

static void the_first_fault_is_told(void **state)
{
	struct fixture f;
	struct sink *decode;

	(void)state;
	fill(&f);
	decode = f.chain.first;
	assert_int_equal(chain_fault(&f.chain), FAULT_NONE);
	/* A sink that was stopped never calls a body whole. */
	assert_int_equal(sink_why_stopped(decode), FAULT_CLIENT_GONE);
	f.links[5].sink.fault = FAULT_PROXY_INTERNAL_ERROR;
	assert_int_equal(chain_fault(&f.chain), FAULT_PROXY_INTERNAL_ERROR);
	assert_int_equal(sink_why_stopped(decode), FAULT_PROXY_INTERNAL_ERROR);
	assert_int_equal(sink_why_stopped(&f.links[0].sink), FAULT_CLIENT_GONE);
	decode->fault = FAULT_HTTP_RESPONSE_CONTENT_CODING;
	assert_int_equal(
	    chain_fault(&f.chain), FAULT_HTTP_RESPONSE_CONTENT_CODING);
	chain_free(&f.chain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phases_order_the_sinks),
		cmocka_unit_test(the_last_resumes_first),
		cmocka_unit_test(the_first_fault_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
