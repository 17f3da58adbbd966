/* Decoding and rewriting, put into the chain. */
#include "engine/content.h"

#include "base/arena.h"
#include "conf/conf.h"
#include "engine/exchange_state.h"
#include "engine/hint.h"
#include "filter/css.h"
#include "filter/gunzip.h"
#include "filter/html.h"
#include "filter/json.h"
#include "filter/prologue.h"
#include "filter/rewrite.h"
#include "filter/token.h"
#include "filter/xml.h"
#include "policy/rewrite.h"
#include "policy/shim.h"

/* What the make functions below need. */
struct making {
	struct exchange *e;
	const struct rewrite_plan *plan;
	struct mapping *mapping; /* in the exchange's arena */
	struct slice shim;
};

static struct rewriter *make_html(void *user, struct outlet out)
{
	struct making *m = user;
	struct html_options options = {
		.shim = m->plan->shim ? m->shim : LIT(""),
		.scripts_change = m->plan->token,
		.tokens = m->plan->token ? &m->e->mapping : NULL,
	};

	return html_new(m->e->arena, m->mapping, &options, out);
}

static struct rewriter *make_css(void *user, struct outlet out)
{
	struct making *m = user;

	return css_new(
	    m->e->arena, m->mapping, mapping_place(m->mapping), CSS_SHEET, out);
}

static struct rewriter *make_xml(void *user, struct outlet out)
{
	struct making *m = user;

	return xml_new(m->e->arena, m->mapping, out);
}

static struct rewriter *make_manifest(void *user, struct outlet out)
{
	struct making *m = user;

	return json_new(m->e->arena, m->mapping, mapping_place(m->mapping),
	    JSON_MANIFEST, NULL, out);
}

static struct rewriter *make_speculation(void *user, struct outlet out)
{
	struct making *m = user;

	return json_new(m->e->arena, m->mapping, mapping_place(m->mapping),
	    JSON_SPECULATION_RULES, NULL, out);
}

static struct rewriter *make_members(void *user, struct outlet out)
{
	struct making *m = user;

	return json_new(m->e->arena, m->mapping, mapping_place(m->mapping),
	    JSON_MEMBERS, &m->e->match.rule->rewrite_json, out);
}

static struct rewriter *make_token(void *user, struct outlet out)
{
	struct making *m = user;

	return token_new(m->e->arena, m->mapping, out);
}

static struct rewriter *make_prologue(void *user, struct outlet out)
{
	struct making *m = user;

	return prologue_new(m->e->arena, m->shim, out);
}

static rewrite_make *const link_makers[] = {
	[REWRITE_HTML] = make_html,
	[REWRITE_CSS] = make_css,
	[REWRITE_XML] = make_xml,
	[REWRITE_MANIFEST] = make_manifest,
	[REWRITE_SPECULATION] = make_speculation,
	[REWRITE_JSON] = NULL,
	[REWRITE_SCRIPT] = NULL,
};

static bool push(struct making *m, rewrite_make *make)
{
	struct exchange *e = m->e;
	struct sink *sink = rewrite_new(e->arena, make, m);

	if (sink == NULL)
		return false;
	e->rewriters[e->rewriter_n++] = sink;
	chain_push(&e->chain, sink, PHASE_REWRITE);
	return true;
}

static bool push_decoder(struct exchange *e, bool deflate)
{
	struct sink *sink = gunzip_new(e->arena, deflate);

	if (sink != NULL)
		chain_push(&e->chain, sink, PHASE_DECODE);
	return sink != NULL;
}

/* In the order in which the content meets them: the prologue, last, is seen
 * by none of the others. */
static bool push_all(struct making *m)
{
	const struct rewrite_plan *p = m->plan;

	return (!p->decode || push_decoder(m->e, p->deflate)) &&
	    (!(p->links || p->kind == REWRITE_HTML) ||
		push(m, link_makers[p->kind])) &&
	    (!p->members || push(m, make_members)) &&
	    (!p->token || p->kind == REWRITE_HTML || push(m, make_token)) &&
	    (!p->prologue || push(m, make_prologue));
}

/* The shim's text, as markup or as prologue.  False: arena spent. */
static bool take_shim(struct making *m)
{
	struct exchange *e = m->e;
	unsigned shim_hints = 0;

	if (m->plan->prologue)
		m->shim = shim_prologue(&e->mapping, e->arena);
	else if (m->plan->shim)
		m->shim = shim_markup(
		    &e->mapping, &e->response, e->arena, &shim_hints);
	if (shim_hints & SHIM_REFUSED)
		hint_once(e, LOG_WARN,
		    LIT("the page's Content-Security-Policy refuses the "
			"runtime shim; let its script-src have 'self' or a "
			"nonce"));
	return m->shim.at != NULL;
}

enum content content_admit(struct exchange *e)
{
	const struct rule *rule = e->match.rule;
	struct response *r = &e->response;
	struct rewrite_plan plan = rewrite_choose(rule, e->request, r);
	struct making making = { e, &plan, &e->mapping, LIT("") };

	/* Once, and only what sent no content. */
	if (plan.obstacle == OBSTACLE_PARTIAL && !e->whole &&
	    e->content_ended && e->content_seen == 0 &&
	    slice_eq(e->request->method, LIT("GET")))
		return CONTENT_AGAIN;
	if (plan.obstacle != OBSTACLE_NONE)
		hint_once(e, LOG_WARN, rewrite_obstacle_words(plan.obstacle));
	if (!rewrite_head(rule, e->request, r, &plan, e->arena))
		return CONTENT_NO_MEMORY;
	/* There is nothing to rewrite, but the head is that of GET. */
	if ((plan.kind == REWRITE_NONE && !plan.decode) || e->bodiless)
		return CONTENT_READY;
	if (!plan.links && plan.kind == REWRITE_HTML) {
		making.mapping = arena_alloc(e->arena, sizeof(*making.mapping));
		if (making.mapping == NULL)
			return CONTENT_NO_MEMORY;
		*making.mapping = mapping_none();
	}
	return take_shim(&making) && push_all(&making) ? CONTENT_READY :
							 CONTENT_NO_MEMORY;
}

static const struct {
	unsigned hint;
	enum log_level level;
	struct slice words;
} hints[] = {
#define WORDS(s)                   \
	{                          \
		(s), sizeof(s) - 1 \
	}
	{ REWRITER_INTEGRITY, LOG_INFO,
	    WORDS("integrity attributes were dropped where what they name is "
		  "rewritten, too") },
	{ REWRITER_UTF16, LOG_WARN,
	    WORDS("passed as it is: its charset is not ASCII-compatible; let "
		  "the origin send UTF-8") },
	{ REWRITER_LONG, LOG_INFO,
	    WORDS("a tag or URL is too long to be looked at as a whole") },
	{ REWRITER_NO_HEAD, LOG_INFO,
	    WORDS("the page has no place for the runtime shim") },
#undef WORDS
};

void content_hint(const struct exchange *e)
{
	unsigned met = 0;

	for (size_t i = 0; i < e->rewriter_n; i++)
		met |= rewrite_hints(e->rewriters[i]);
	for (size_t i = 0; met != 0 && i < sizeof(hints) / sizeof(hints[0]);
	     i++)
		if (met & hints[i].hint)
			hint_once(e, hints[i].level, hints[i].words);
}
