#include <errno.h>
#include <modbus.h>
#include <sys/ioctl.h>

// libmodbus builds its error numbers from an offset, which Swift does not import.
static const int fieldgate_modbus_first_exception = MODBUS_ENOBASE + MODBUS_EXCEPTION_ILLEGAL_FUNCTION;
static const int fieldgate_modbus_last_exception = MODBUS_ENOBASE + MODBUS_EXCEPTION_GATEWAY_TARGET;
static const int fieldgate_modbus_bad_checksum = EMBBADCRC;
static const int fieldgate_modbus_bad_data = EMBBADDATA;
static const int fieldgate_modbus_bad_exception = EMBBADEXC;
static const int fieldgate_modbus_unknown_exception = EMBUNKEXC;
static const int fieldgate_modbus_too_much_data = EMBMDATA;
static const int fieldgate_modbus_bad_unit = EMBBADSLAVE;

// ioctl takes variable arguments. From now on, other programs that open the port get EBUSY (tty_ioctl(4)).
static inline int fieldgate_modbus_claim_port(int descriptor) { return ioctl(descriptor, TIOCEXCL); }
