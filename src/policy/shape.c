/* Response fields by the rule. */
#include "policy/shape.h"

#include "conf/conf.h"
#include "http/message.h"
#include "policy/fill.h"
#include "policy/route.h"
#include "policy/split.h"

static bool set_one(struct fields *f, struct arena *a,
    const struct field *field, struct slice value)
{
	if (value.len == 0)
		return true;
	if (slice_eq_nocase(field->name, LIT("Set-Cookie")))
		return field_add(f, a, field->name, value);
	return field_set(f, a, field->name, value);
}

/* Does the value say who asks, and not only for what? */
static bool says_who(const struct stencil *s)
{
	for (size_t i = 0; i < s->n; i++)
		switch (s->at[i].variable) {
		case VARIABLE_CLIENT_ADDRESS:
		case VARIABLE_CLIENT_PORT:
		case VARIABLE_REQUEST_ID:
		case VARIABLE_METHOD:
		case VARIABLE_USER:
			return true;
		default:
			break;
		}
	return false;
}

/* A cookie is always somebody's. */
static bool is_of_client(const struct rule *rule, size_t i)
{
	return slice_eq_nocase(
		   rule->response_headers.at[i].name, LIT("Set-Cookie")) ||
	    (rule->response_values != NULL &&
		says_who(&rule->response_values[i]));
}

/* Those that have to do with the client, or the others. */
static bool set_fields(struct fields *f, const struct request *r,
    const struct route_match *m, bool of_client, struct arena *a)
{
	const struct rule *rule = m->rule;

	for (size_t i = 0; i < rule->response_headers.n; i++) {
		const struct field *field = &rule->response_headers.at[i];
		struct slice value = field->value;

		if (is_of_client(rule, i) != of_client)
			continue;
		if (rule->response_values != NULL &&
		    !fill_field(&rule->response_values[i], r, m, a, &value))
			return false;
		if (!set_one(f, a, field, value))
			return false;
	}
	return true;
}

bool shape_answer(
    struct response *response, const struct route_match *m, struct arena *a)
{
	for (size_t i = 0; i < m->split_n; i++) {
		struct slice cookie;

		if (m->splits[i].told)
			continue;
		cookie = split_cookie(&m->splits[i], a);
		if (cookie.at == NULL ||
		    !field_add(&response->fields, a, LIT("Set-Cookie"), cookie))
			return false;
	}
	return true;
}

bool shape_response(struct response *response, const struct request *r,
    const struct route_match *m, struct arena *a)
{
	const struct slice_list *remove = &m->rule->remove_response_headers;

	for (size_t i = 0; i < remove->n; i++)
		field_remove(&response->fields, remove->at[i]);
	return set_fields(&response->fields, r, m, false, a);
}

bool shape_for_client(struct response *response, const struct request *r,
    const struct route_match *m, struct arena *a)
{
	return set_fields(&response->fields, r, m, true, a) &&
	    shape_answer(response, m, a);
}
