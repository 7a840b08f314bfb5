#include <errno.h>
#include <modbus.h>
#include <sys/file.h>
#include <sys/ioctl.h>

// libmodbus's own error numbers are sums of a macro and an enumerator, which Swift does not see.
static const int fieldgate_modbus_exception_base = MODBUS_ENOBASE;
static const int fieldgate_modbus_last_exception = EMBXGTAR;
static const int fieldgate_modbus_bad_checksum = EMBBADCRC;
static const int fieldgate_modbus_bad_data = EMBBADDATA;
static const int fieldgate_modbus_bad_exception = EMBBADEXC;
static const int fieldgate_modbus_unknown_exception = EMBUNKEXC;
static const int fieldgate_modbus_too_much_data = EMBMDATA;
static const int fieldgate_modbus_wrong_unit = EMBBADSLAVE;

// Keeps every other program off a serial port. TIOCEXCL makes later openings fail with EBUSY, except root's; the lock
// is what other serial programs look at, and holds against root too. Returns -1 and sets errno, EWOULDBLOCK when another
// program has the port. ioctl takes variable arguments, which Swift cannot call.
static inline int fieldgate_claim_port(int descriptor) {
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) return -1;
  return ioctl(descriptor, TIOCEXCL);
}
