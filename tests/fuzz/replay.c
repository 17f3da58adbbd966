/* Replays a corpus through a fuzz target, so that `make check` runs every
 * input ever found without a fuzzer's runtime.
 *
 * Each target's own file defines LLVMFuzzerTestOneInput(); under clang it may
 * be linked with -fsanitize=fuzzer instead of this file.  Usage:
 *     target FILE|FOLDER...
 * With no argument: $srcdir/tests/fuzz/corpus/<name of the program>. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replayed;

static int replay_file(FILE *file, const char *path)
{
	size_t size = 0;
	size_t room = 65536;
	uint8_t *data = malloc(room);

	while (data != NULL) {
		size += fread(data + size, 1, room - size, file);
		if (size < room)
			break;
		room *= 2;
		data = realloc(data, room);
	}
	if (data == NULL || ferror(file)) {
		fprintf(stderr, "%s: cannot read\n", path);
		free(data);
		return 1;
	}
	/* Exactly as long as the input, so that a sanitizer sees one byte
	 * too many. */
	if (size > 0)
		data = realloc(data, size);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	replayed++;
	return 0;
}

static int replay(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int bad = 0;

	if (folder == NULL) {
		FILE *file = fopen(path, "rb");

		if (file == NULL) {
			fprintf(stderr, "%s: %s\n", path, strerror(errno));
			return 1;
		}
		bad = replay_file(file, path);
		fclose(file);
		return bad;
	}
	while ((entry = readdir(folder)) != NULL) {
		char inner[4096];

		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(inner, sizeof(inner), "%s/%s", path,
			entry->d_name) >= (int)sizeof(inner))
			bad = 1;
		else
			bad |= replay(inner);
	}
	closedir(folder);
	return bad;
}

int main(int argc, char **argv)
{
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad |= replay(argv[i]);
	if (argc < 2) {
		const char *srcdir = getenv("srcdir");
		const char *name = strrchr(argv[0], '/');
		char path[4096];

		snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s",
		    srcdir == NULL ? "." : srcdir,
		    name == NULL ? argv[0] : name + 1);
		bad = replay(path);
	}
	printf("%zu inputs replayed\n", replayed);
	return bad || replayed == 0;
}
