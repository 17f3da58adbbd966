/* What follows from a message's control data. */
#include "http/message.h"

bool response_is_bodiless(int status, struct slice method)
{
	return (status >= 100 && status < 200) || status == 204 ||
	    status == 304 || slice_eq(method, LIT("HEAD"));
}
