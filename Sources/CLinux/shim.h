#include <malloc.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

// prctl and ioctl take variable arguments, which Swift cannot call.

static inline int fieldgate_set_thread_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

static inline int fieldgate_ioctl_pointer(int descriptor, unsigned long request, void *argument) {
  return ioctl(descriptor, request, argument);
}

static inline int fieldgate_ioctl_none(int descriptor, unsigned long request) { return ioctl(descriptor, request, 0); }

// An expression that Swift does not import.
static const int fieldgate_malloc_arena_max = M_ARENA_MAX;
