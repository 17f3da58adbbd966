/* Which rule file the program reads, and its findings in print. */
#ifndef CLI_RULES_H
#define CLI_RULES_H

#include <stddef.h>
#include <stdio.h>

struct conf;
struct findings;

/* By -c (option; may be NULL), then FINGERPOST_RULES, then fingerpost.ini
 * beside the binary, then under sysconfdir.  Returns the path, in buffer or
 * borrowed; NULL when there is none, having said on standard error where it
 * looked. */
const char *rules_find(const char *option, char *buffer, size_t size);

/* One "file:line: message" a finding, a warning marked so. */
void rules_print(const struct findings *f, FILE *to);

/* Finds, loads and prints findings to standard error; NULL on a fault.
 * Caller frees with conf_free(). */
struct conf *rules_load(const char *option);

#endif
