#include <errno.h>
#include <linux/serial.h>
#include <modbus.h>
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
