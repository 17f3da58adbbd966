/* The name by which the web server calls us, where the path begins with it:
 * /cgi-bin/fingerpost.cgi/hotels/x (RFC 3875 section 4.1.13). */
#ifndef POLICY_MOUNT_H
#define POLICY_MOUNT_H

#include "base/slice.h"

/* Could SCRIPT_NAME be a program that is called by its own name?  Its last
 * segment is the program's, or ends in .cgi or .fcgi.  mount = auto. */
bool mount_possible(struct slice script_name, struct slice program);

/* The mount: SCRIPT_NAME where that is possible and SCRIPT_FILENAME is a
 * file (`is_file`), or it has the very name we are installed under; empty
 * for a location prefix, and for an origin's own /x/search.cgi. */
struct slice mount_auto(
    struct slice script_name, struct slice program, bool is_file);

#endif
