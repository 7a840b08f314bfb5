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

// A new pseudo-terminal (pts(4)), without the functions that need a feature macro: the master's descriptor, and the number
// in /dev/pts/NUMBER of the slave.
#include <fcntl.h>
static inline int fieldgate_open_terminal(int *number) {
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  int unlock = 0;
  if (master >= 0 && (ioctl(master, TIOCSPTLCK, &unlock) != 0 || ioctl(master, TIOCGPTN, number) != 0)) return -1;
  return master;
}
