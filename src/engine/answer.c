/* Building our own pages.  An arena too full for a page still answers: the
 * status goes out without content. */
#include "engine/answer.h"

#include "base/arena.h"
#include "base/text.h"
#include "http/status.h"

#define PAGE_MAX_BYTES 16384

struct answer answer_page(
    struct arena *a, int status, struct slice words, const struct request *r)
{
	struct answer answer = { .response = { .status = status } };
	struct slice reason = status_reason(status);
	struct text t = text_in(a, PAGE_MAX_BYTES);

	text_format(&t,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>"
	    "<meta charset=\"utf-8\">"
	    "<title>%d %.*s</title></head>\n<body>\n<h1>%d %.*s</h1>\n<p>",
	    status, SLICE_ARG(reason), status, SLICE_ARG(reason));
	text_html(&t, words);
	text_add(&t, LIT("</p>\n"));
	if (r->id.len > 0) {
		text_add(&t, LIT("<p><small>Request "));
		text_html(&t, r->id);
		text_add(&t, LIT("</small></p>\n"));
	}
	text_add(&t, LIT("</body>\n</html>\n"));
	if (text_spent(&t))
		return answer;
	answer.body = text_slice(&t);
	answer.response.content_length = (int64_t)answer.body.len;
	(void)(field_add(&answer.response.fields, a, LIT("Content-Type"),
		   LIT("text/html; charset=utf-8")) &&
	    field_add(&answer.response.fields, a, LIT("Cache-Control"),
		LIT("no-store")));
	return answer;
}

/* "It was so" from "it was so". */
static struct slice sentence(struct arena *a, struct slice words)
{
	struct text t = text_in(a, words.len + 2);

	if (words.len > 0)
		text_char(&t, ascii_upper(words.at[0]));
	text_add(&t, slice_from(words, 1));
	text_char(&t, '.');
	return text_slice(&t);
}

struct answer answer_fault(struct arena *a, enum fault fault,
    struct slice proxy_name, const struct request *r)
{
	struct answer answer = answer_page(
	    a, fault_status(fault), sentence(a, fault_words(fault)), r);
	struct text t = text_in(a, 256);

	text_add(&t, proxy_name);
	text_add(&t, LIT("; error="));
	text_add(&t, fault_token(fault));
	if (!text_spent(&t))
		(void)field_add(&answer.response.fields, a, LIT("Proxy-Status"),
		    text_slice(&t));
	return answer;
}

struct answer answer_redirect(struct arena *a, int status,
    struct slice location, bool lasting, const struct request *r)
{
	struct answer answer =
	    answer_page(a, status, LIT("The page is elsewhere."), r);

	/* A lasting redirect is as lasting as the rule file; let caches that
	 * are asked again see an edit. */
	if (lasting)
		(void)field_set(&answer.response.fields, a,
		    LIT("Cache-Control"), LIT("max-age=3600"));
	(void)field_add(&answer.response.fields, a, LIT("Location"), location);
	return answer;
}

struct answer answer_maintenance(struct arena *a, struct slice html,
    int64_t retry_ms, const struct request *r)
{
	struct answer answer = answer_page(a, 503,
	    LIT("This part of the site is being worked on.  Please come back "
		"in a while."),
	    r);
	struct text t = text_in(a, 32);

	if (html.len > 0) {
		answer.body = html;
		answer.response.content_length = (int64_t)html.len;
	}
	text_u64(&t, (uint64_t)(retry_ms + 999) / 1000);
	if (!text_spent(&t))
		(void)field_add(&answer.response.fields, a, LIT("Retry-After"),
		    text_slice(&t));
	return answer;
}

struct answer answer_method(struct arena *a, const struct slice *methods,
    size_t n, const struct request *r)
{
	struct answer answer =
	    answer_page(a, 405, LIT("This method is not allowed here."), r);
	struct text t = text_in(a, 4096);

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			text_add(&t, LIT(", "));
		text_add(&t, methods[i]);
	}
	(void)field_add(
	    &answer.response.fields, a, LIT("Allow"), text_slice(&t));
	return answer;
}
