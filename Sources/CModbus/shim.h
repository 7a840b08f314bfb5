#include <errno.h>
#include <linux/serial.h>
#include <modbus.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

// libmodbus's own error numbers are sums of a macro and an enumerator, which Swift does not see.
static const int fieldgate_modbus_exception_base = MODBUS_ENOBASE;
static const int fieldgate_modbus_last_exception = EMBXGTAR;
static const int fieldgate_modbus_bad_checksum = EMBBADCRC;
static const int fieldgate_modbus_bad_data = EMBBADDATA;
static const int fieldgate_modbus_bad_exception = EMBBADEXC;
static const int fieldgate_modbus_unknown_exception = EMBUNKEXC;
static const int fieldgate_modbus_too_much_data = EMBMDATA;
static const int fieldgate_modbus_wrong_unit = EMBBADSLAVE;

// Keeps every other program off a serial port. The lock is what other serial programs look at, and it holds against root
// too; it fails with EWOULDBLOCK when another program has it. TIOCEXCL makes later openings fail with EBUSY, except
// root's. Swift takes flock for the structure of that name, and cannot call ioctl with its variable arguments.
static inline int fieldgate_lock_port(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

// The kernel forgets TIOCEXCL with the last close of a port. A pseudo-terminal is kept while its other end is open, and the
// flag with it, which then locks us out when we come back; so there the lock must do. Majors 136 to 143 are its clients'
// ends (Documentation/admin-guide/devices.txt of Linux).
static inline int fieldgate_is_pseudo_terminal(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0 || !S_ISCHR(status.st_mode)) return 0;
  return major(status.st_rdev) >= 136 && major(status.st_rdev) <= 143;
}

static inline int fieldgate_make_port_exclusive(int descriptor) {
  return fieldgate_is_pseudo_terminal(descriptor) ? 0 : ioctl(descriptor, TIOCEXCL);
}

static inline void fieldgate_end_port_exclusive(int descriptor) {
  if (!fieldgate_is_pseudo_terminal(descriptor)) ioctl(descriptor, TIOCNXCL);
}

// RS-485 direction control by the port's driver (Documentation/driver-api/serial/serial-rs485.rst of Linux). Delays in
// milliseconds. Some drivers take only what they can do and say so by changing the structure; RTS that is not what was asked
// for would drive the line at the wrong times.
static inline int fieldgate_set_rs485(int descriptor, int high_when_sending, unsigned before, unsigned after) {
  struct serial_rs485 settings = {0};
  settings.flags = SER_RS485_ENABLED | (high_when_sending ? SER_RS485_RTS_ON_SEND : SER_RS485_RTS_AFTER_SEND);
  settings.delay_rts_before_send = before;
  settings.delay_rts_after_send = after;
  unsigned wanted = settings.flags;
  if (ioctl(descriptor, TIOCSRS485, &settings) != 0) return -1;
  if ((settings.flags & wanted) == wanted) return 0;
  errno = EOPNOTSUPP;
  return -1;
}
