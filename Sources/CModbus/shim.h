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

// Keeps every other program off a serial port. The lock is what other serial programs look at, and it holds against root
// too; it fails with EWOULDBLOCK when another program has it. TIOCEXCL makes later openings fail with EBUSY, except
// root's. Swift takes flock for the structure of that name, and cannot call ioctl with its variable arguments.
static inline int fieldgate_lock_port(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }
static inline int fieldgate_make_port_exclusive(int descriptor) { return ioctl(descriptor, TIOCEXCL); }
