/* Rewriters in a row. */
#include "filter/rewriter.h"

static void feed_next(void *user, struct slice bytes)
{
	rewriter_feed(user, bytes);
}

struct outlet rewriter_into(struct rewriter *next)
{
	return (struct outlet){ feed_next, feed_next, next };
}
