/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/failure.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/quote.h"
#include "sys/child.h"
#include "sys/file.h"
#include "sys/log.h"

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#endif

static const struct {
	unsigned short machine;
	char name[10];
} machines[] = {
	{EM_X86_64, "x86_64"}, {EM_AARCH64, "aarch64"}, {EM_386, "i386"},
	{EM_ARM, "arm"},       {EM_RISCV, "riscv64"},	{EM_PPC64, "ppc64"},
	{EM_S390, "s390x"},    {EM_MIPS, "mips"},	{258, "loong64"},
};

static const char *machine_name(unsigned machine)
{
	for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
		if (machines[i].machine == machine) {
			return machines[i].name;
		}
	}
	return "another machine";
}

/* The interpreter named by a #! line, as the kernel cuts it. */
static const char *script_interpreter(struct arena *a, const char *head)
{
	const char *p = head + 2;

	p += strspn(p, " \t");
	return arena_strndup(a, p, strcspn(p, " \t\n"));
}

static const char *elf_interpreter(struct arena *a, int fd, const Elf64_Ehdr *h)
{
	char path[256];
	Elf64_Phdr ph;

	for (unsigned i = 0; i < h->e_phnum && i < 64; i++) {
		if (pread(fd, &ph, sizeof(ph), (off_t)(h->e_phoff + i * sizeof(ph))) !=
		    (ssize_t)sizeof(ph)) {
			return NULL;
		}
		if (ph.p_type == PT_INTERP) {
			ssize_t n = pread(fd, path, sizeof(path) - 1, (off_t)ph.p_offset);

			return n > 0 ? arena_strndup(a, path, (size_t)n) : NULL;
		}
	}
	return NULL;
}

static const char *why_elf(struct arena *a, int fd, const Elf64_Ehdr *h)
{
	const char *interpreter;

#ifdef OWN_MACHINE
	if (h->e_machine != OWN_MACHINE) {
		return arena_printf(a, "it is for %s, and this machine is %s",
				    machine_name(h->e_machine),
				    machine_name(OWN_MACHINE));
	}
#endif
	interpreter = elf_interpreter(a, fd, h);
	if (interpreter && access(interpreter, F_OK) < 0) {
		return arena_printf(
			a,
			"it needs the dynamic linker '%s', which is not in this image; copy it "
			"and the libraries, or link the program statically",
			interpreter);
	}
	return NULL;
}

static const char *why_script(struct arena *a, const char *head)
{
	const char *interpreter = script_interpreter(a, head);

	if (access(interpreter, F_OK) < 0) {
		return arena_printf(
			a, "its interpreter '%s' is not in this image%s", interpreter,
			strchr(interpreter, '\r') ? " (its lines end in CR LF)" : "");
	}
	return NULL;
}

/* What the file itself tells about an exec that failed; NULL: nothing. */
static const char *why_not(struct arena *a, const char *path, int errnum)
{
	union {
		char text[256];
		Elf64_Ehdr elf;
	} head = {.text = {0}};
	const char *why = NULL;
	struct stat st;
	ssize_t n;
	int fd;

	if (stat(path, &st) < 0) {
		return NULL;
	}
	if (S_ISDIR(st.st_mode)) {
		return "it is a directory";
	}
	if (!S_ISREG(st.st_mode)) {
		return "it is not a regular file";
	}
	if ((st.st_mode & 0111) == 0) {
		return arena_printf(a, "it is not executable (mode %04o); chmod +x it",
				    st.st_mode & 07777);
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		return NULL;
	}
	n = file_read_fd(fd, head.text, sizeof(head.text) - 1);
	if (n == 0) {
		why = "it is empty";
	} else if (n >= (ssize_t)sizeof(head.elf) &&
		   memcmp(head.text, ELFMAG, SELFMAG) == 0) {
		why = why_elf(a, fd, &head.elf);
	} else if (n > 2 && head.text[0] == '#' && head.text[1] == '!') {
		why = why_script(a, head.text);
	} else if (errnum == ENOEXEC) {
		why = "it is neither an ELF program nor a script that begins with '#!'";
	}
	close(fd);
	return why;
}

static const char *exec_text(struct arena *a, const struct plan *plan,
			     const struct launch *l, const struct report *r)
{
	const char *program = quote_word(a, l->argv[0]);
	const char *path = r->detail >= 0 ? l->paths[r->detail] : l->paths[0];
	const char *why = why_not(a, path, r->errnum);
	if (why) {
		return arena_printf(a, "cannot execute %s: %s: %s", program,
				    strerror(r->errnum), why);
	}
	if (r->errnum == ENOENT && !strchr(l->argv[0], '/')) {
		return arena_printf(a, "cannot execute %s: not found in PATH (%s)",
				    program, plan_search_path(plan));
	}
	return arena_printf(a, "cannot execute %s: %s", program, strerror(r->errnum));
}

/* What a step before exec was about. */
static const char *step_text(struct arena *a, const struct launch *l,
			     const struct report *r)
{
	const char *stage = child_stage_text(r->stage);
	const char *reason = strerror(r->errnum);

	switch (r->stage) {
	case STAGE_LIMITS:
		return arena_printf(a, "%s %s: %s%s", stage,
				    limit_name(l->limits[r->detail].resource), reason,
				    r->errnum == EPERM ? " (raising a hard limit needs "
							 "CAP_SYS_RESOURCE)"
						       : "");
	case STAGE_DESCRIPTORS:
		return r->detail < 0 ? arena_printf(a, "%s: %s", stage, reason)
				     : arena_printf(a, "cannot pass descriptor %d: %s",
						    r->detail, reason);
	case STAGE_WORKING_DIR:
		return arena_printf(a, "%s '%s': %s", stage, l->working_dir, reason);
	case STAGE_VERIFY:
		return arena_printf(
			a, "%s: after all steps the kernel shows something else (%s)",
			stage, child_stage_text(r->detail));
	case STAGE_BOUNDING:
	case STAGE_AMBIENT:
		if (r->detail >= 0) {
			return arena_printf(a, "%s, %s: %s", stage,
					    caps_format(a, CAPBIT(r->detail), 0), reason);
		}
		break;
	default:
		break;
	}
	return arena_printf(a, "%s: %s", stage, reason);
}

int failure_status(const struct plan *plan, const struct report *r)
{
	const struct persona *p = plan->persona;

	if (!p) {
		return child_status(r);
	}
	if (r->stage != STAGE_EXEC) {
		return p->exec_failed;
	}
	return r->errnum == ENOENT   ? p->not_found
	       : r->errnum == EACCES ? p->not_executable
				     : p->exec_failed;
}

/* As the program we stand in for says it. */
static void persona_log(struct arena *a, const struct plan *plan, const struct launch *l,
			const struct report *r)
{
	const char *text = r->stage == STAGE_EXEC
				   ? personality_exec_text(a, plan->who, l->argv[0],
							   strerror(r->errnum))
				   : step_text(a, l, r);

	(void)log_print(
		personality_message_fd(plan->who, SEVERITY_FATAL),
		personality_message(a, plan->who, getpid(), SEVERITY_FATAL, text));
}

void failure_log(struct arena *a, const struct plan *plan, const struct launch *l,
		 const struct report *r)
{
	if (plan->persona) {
		persona_log(a, plan, l, r);
	} else if (r->stage == STAGE_EXEC) {
		log_error("%s", exec_text(a, plan, l, r));
	} else {
		log_error("main not started: %s", step_text(a, l, r));
	}
}
