/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.h"

/* One mapping, its own header in front; blocks are handed out from it and never moved. */
struct vault {
	struct vault *next;
	size_t size, used;
	char data[];
};

#define VAULT_STEP (64u * 1024)

/* n bytes in the vault or NULL. The head of the list is the mapping with room. */
static char *vault_alloc(struct vault **vault, size_t n)
{
	struct vault *v = *vault;
	size_t size;

	if (!v || n > v->size - v->used) {
		if (n > SIZE_MAX / 2) {
			return NULL;
		}
		size = (n + sizeof(*v) + VAULT_STEP - 1) / VAULT_STEP * VAULT_STEP;
		v = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
		if (v == MAP_FAILED) {
			return NULL;
		}
		/*
		 * Second lines of defence: PID 1 makes no core, containers rarely swap, and what is forked to look at
		 * a network (not vforked, as main is) has no use for them.
		 */
		(void)madvise(v, size, MADV_DONTDUMP);
		(void)madvise(v, size, MADV_DONTFORK);
		(void)mlock2(v, size, MLOCK_ONFAULT);
		v->size = size - sizeof(*v);
		v->used = 0;
		v->next = *vault;
		*vault = v;
	}
	v->used += n;
	return v->data + v->used - n;
}

static void vault_release(struct vault *v)
{
	while (v) {
		struct vault *next = v->next;
		size_t size = v->size + sizeof(*v);

		explicit_bzero(v->data, v->used);
		munmap(v, size);
		v = next;
	}
}

/* What a file system reports as size is not trusted: one byte more is asked for than is taken. */
static int read_value(int fd, size_t size, struct vault **vault, const char **ret_value,
		      const struct secret_spec *spec, struct err *reterr)
{
	size_t room = size ? size : SECRET_SIZE_MAX;
	char *buf = vault_alloc(vault, room + 1);
	ssize_t n;

	if (!buf) {
		return err_system(reterr, ENOMEM, "cannot read secret %s", spec->name);
	}
	n = file_read_fd(fd, buf, room + 1);
	if (n < 0) {
		return err_system(reterr, (int)-n, "cannot read secret %s from '%s'",
				  spec->name, spec->path);
	}
	if ((size_t)n > room) {
		return err_config(reterr, "secret %s: '%s' changed while it was read",
				  spec->name, spec->path);
	}
	if (memchr(buf, '\0', (size_t)n)) {
		return err_config(
			reterr,
			"secret %s: '%s' holds a NUL byte, which no environment can",
			spec->name, spec->path);
	}
	if (n > 0 && buf[n - 1] == '\n') {
		n--;
		if (n > 0 && buf[n - 1] == '\r') {
			n--;
		}
	}
	if (n == 0) {
		return err_config(reterr, "secret %s: '%s' is empty", spec->name,
				  spec->path);
	}
	buf[n] = '\0';
	*ret_value = buf;
	return 0;
}

static int read_one(struct arena *a, const struct secret_spec *spec, struct vault **vault,
		    const char **ret_value, struct err *reterr)
{
	struct opened f = {.fd = -1};
	struct err e;
	int r = file_open_guarded(a, spec->path, SECRET_SIZE_MAX, &f, &e);

	if (r == -ENOENT && spec->optional) {
		*ret_value = NULL;
		return 0;
	}
	if (r < 0) {
		err_config(reterr, "secret %s: %s", spec->name, e.text);
		return r;
	}
	if (f.mode & S_IWOTH) {
		r = err_config(
			reterr,
			"secret %s: '%s' may be written by everybody (mode %04o); chmod o-w it",
			spec->name, spec->path, f.mode & 07777);
	} else {
		r = read_value(f.fd, f.size, vault, ret_value, spec, reterr);
	}
	close(f.fd);
	return r;
}

int secrets_read(struct arena *a, const struct secret_spec *specs, size_t n,
		 struct secrets *ret_secrets, struct err *reterr)
{
	struct secrets s = {.v = arena_array(a, n, sizeof(*s.v)), .n = n};

	for (size_t i = 0; i < n; i++) {
		int r = read_one(a, &specs[i], &s.vault, &s.v[i].value, reterr);

		if (r < 0) {
			secrets_release(&s);
			return r;
		}
		s.v[i].name = specs[i].name;
	}
	*ret_secrets = s;
	return 0;
}

static const char *piece_text(const struct secrets *s, const struct piece *p)
{
	if (!p->secret) {
		return p->text;
	}
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->v[i].name, p->secret) == 0) {
			return s->v[i].value;
		}
	}
	return NULL;
}

/* "NAME=value" of an item, or NULL text when a secret it is made of is not there. */
static int make_entry(struct arena *a, struct secrets *s, const struct env_item *item,
		      char **ret_entry, struct err *reterr)
{
	bool secret = pieces_have_secret(item->pieces);
	size_t name_len = strlen(item->name), len = name_len + 2;
	char *entry, *end;

	*ret_entry = NULL;
	for (const struct piece *p = item->pieces; p; p = p->next) {
		const char *text = piece_text(s, p);

		if (!text) {
			return 0;
		}
		len += strlen(text);
	}
	entry = secret ? vault_alloc(&s->vault, len) : arena_alloc(a, len);
	if (!entry) {
		return err_system(reterr, ENOMEM, "cannot make the environment");
	}
	memcpy(entry, item->name, name_len);
	entry[name_len] = '=';
	end = entry + name_len + 1;
	for (const struct piece *p = item->pieces; p; p = p->next) {
		end = stpcpy(end, piece_text(s, p));
	}
	*end = '\0';
	*ret_entry = entry;
	return 0;
}

int secrets_environment(struct arena *a, struct secrets *s, const struct env *env,
			bool listen_fds, char ***ret_envp, char **ret_listen_pid,
			struct err *reterr)
{
	char **envp = arena_array(a, env->n + 1, sizeof(*envp));
	size_t n = 0;

	*ret_listen_pid = NULL;
	for (size_t i = 0; i < env->n; i++) {
		char *entry;
		int r;

		if (listen_fds && strcmp(env->v[i].name, "LISTEN_PID") == 0) {
			entry = arena_strdup(a, "LISTEN_PID=          ");
			*ret_listen_pid = entry + sizeof("LISTEN_PID=") - 1;
		} else {
			r = make_entry(a, s, &env->v[i], &entry, reterr);
			if (r < 0) {
				return r;
			}
		}
		if (entry) {
			envp[n++] = entry;
		}
	}
	*ret_envp = envp;
	return 0;
}

void secrets_release(struct secrets *s)
{
	vault_release(s->vault);
	*s = (struct secrets){0};
}
