/* The shim's text and its way into pages and workers. */
#include "policy/shim.h"

#include "base/text.h"
#include "http/message.h"
#include "policy/csp.h"
#include "policy/mapping.h"
#include "policy/shim_text.h"

#define MARKUP_MAX   16384
#define PROLOGUE_MAX (sizeof(shim_text) + 16384)

bool shim_is_asked(struct slice tail)
{
	return slice_eq(tail, LIT(SHIM_PATH));
}

struct slice shim_source(void)
{
	return LIT(shim_text);
}

struct slice shim_etag(void)
{
	return LIT("\"" SHIM_HASH "\"");
}

bool shim_is_current(struct slice query)
{
	return slice_eq(query, LIT("?v=" SHIM_HASH));
}

/* Into a JavaScript string in double quotes. */
static void add_string(struct text *t, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char byte = (unsigned char)s.at[i];

		if (byte < ' ' || byte >= 0x7f || byte == '"' || byte == '\\')
			text_format(t, "\\x%02x", byte);
		else
			text_char(t, s.at[i]);
	}
}

static struct slice built(const struct text *t)
{
	return text_spent(t) ? SLICE_NONE : text_slice(t);
}

struct slice shim_markup(const struct mapping *m, const struct response *r,
    struct arena *a, unsigned *hints)
{
	struct text path = text_in(a, MARKUP_MAX);
	struct text t = text_in(a, MARKUP_MAX);
	struct csp_script script = { m->scheme, m->authority, SLICE_NONE };
	struct csp_verdict v;

	if (m->to.len == 0)
		return LIT("");
	text_add(&path, m->to);
	text_add(&path, LIT(SHIM_PATH));
	script.path = built(&path);
	if (script.path.len == 0)
		return SLICE_NONE;
	v = csp_judge(&r->fields, &script);
	if (!v.admitted) {
		*hints |= SHIM_REFUSED;
		return LIT("");
	}
	text_add(&t, LIT("<script src=\""));
	text_html(&t, script.path);
	text_add(&t, LIT("?v=" SHIM_HASH "\" data-prefix=\""));
	text_html(&t, m->to);
	text_add(&t, v.may_inline ? LIT("\" data-inline") : LIT("\""));
	if (v.nonce.len > 0) {
		text_add(&t, LIT(" nonce=\""));
		text_html(&t, v.nonce);
		text_char(&t, '"');
	}
	text_add(&t, LIT("></script>"));
	return built(&t);
}

bool shim_wants_prologue(const struct request *r)
{
	struct slice dest = field_get(&r->fields, LIT("Sec-Fetch-Dest"));

	return slice_eq(field_get(&r->fields, LIT("Service-Worker")),
		   LIT("script")) ||
	    slice_eq(dest, LIT("worker")) ||
	    slice_eq(dest, LIT("sharedworker")) ||
	    slice_eq(dest, LIT("serviceworker"));
}

struct slice shim_prologue(const struct mapping *m, struct arena *a)
{
	struct text t = text_in(a, PROLOGUE_MAX);

	if (m->to.len == 0)
		return LIT("");
	text_add(&t, LIT("self.__fingerpost_prefix=\""));
	add_string(&t, m->to);
	text_add(&t, LIT("\";"));
	text_add(&t, shim_source());
	text_char(&t, ' ');
	return built(&t);
}
