/* The files that AWS' own tools keep credentials in: ~/.aws/credentials and
 * ~/.aws/config.  Pure.
 *
 * As those tools read them ("Configuration and credential file settings",
 * AWS SDKs and Tools Reference Guide): a section a profile, name = value,
 * lines that begin with # or ; and what follows a blank and one of these are
 * comments, names of settings are without case and those of profiles with
 * it, of settings given twice the last counts.  What is indented deeper than
 * the setting above it belongs to that one, and is skipped.  Left out: the
 * sources that a file can name instead of keys; they are told, not followed. */
#ifndef POLICY_AWS_PROFILE_H
#define POLICY_AWS_PROFILE_H

#include "policy/aws_keys.h"

enum aws_file {
	AWS_CREDENTIALS_FILE, /* [NAME] */
	AWS_CONFIG_FILE,      /* [profile NAME] and [default] */
};

/* Slices point into the text. */
struct aws_profile {
	bool found;
	struct aws_keys keys;
	struct slice elsewhere; /* a setting that says where else to find
				 * credentials: "role_arn" */
};

struct aws_profile aws_profile_read(
    struct slice text, enum aws_file file, struct slice name);

#endif
