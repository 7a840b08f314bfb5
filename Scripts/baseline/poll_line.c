// The least that a client of a serial line could do, for comparison: reads each device in turn with libmodbus, as fast as it
// can, with libmodbus's own time-out of 500 ms. Runs until it is killed.
//
// usage: poll_line PORT DEVICES REGISTERS
#include <modbus.h>
#include <stdlib.h>

int main(int count, char **words) {
  if (count != 4) return 64;
  int devices = atoi(words[2]), registers = atoi(words[3]);
  modbus_t *bus = modbus_new_rtu(words[1], 19200, 'N', 8, 2);
  if (!bus || modbus_connect(bus) != 0) return 1;
  for (;;)
    for (int unit = 1; unit <= devices; unit++) {
      uint16_t values[125];
      modbus_set_slave(bus, unit);
      if (modbus_read_registers(bus, 0, registers, values) != registers) modbus_flush(bus);
    }
}
