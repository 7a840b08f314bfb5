// The least that a gateway could do, for comparison: reads each device once a second and publishes one JSON message a device.
// No store, no rules, no qualities, no forwarding, no recovery.
//
// usage: poll MODBUS_PORT DEVICES REGISTERS BROKER_PORT
#include <modbus.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int count, char **words) {
  if (count != 5) return 64;
  int devices = atoi(words[2]), registers = atoi(words[3]);
  modbus_t *bus = modbus_new_tcp("127.0.0.1", atoi(words[1]));
  if (!bus || modbus_connect(bus) != 0) return 1;
  mosquitto_lib_init();
  struct mosquitto *broker = mosquitto_new("baseline", true, NULL);
  if (!broker || mosquitto_connect(broker, "127.0.0.1", atoi(words[4]), 30) != 0) return 1;
  mosquitto_loop_start(broker);
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (;;) {
    for (int unit = 1; unit <= devices; unit++) {
      uint16_t values[125];
      modbus_set_slave(bus, unit);
      if (modbus_read_registers(bus, 0, registers, values) != registers) return 1;
      char topic[64], text[4096];
      snprintf(topic, sizeof topic, "baseline/device%d", unit);
      int length = snprintf(text, sizeof text, "{\"values\":{");
      for (int index = 0; index < registers; index++)
        length += snprintf(text + length, sizeof text - length, "%s\"r%d\":%u", index ? "," : "", index, values[index]);
      length += snprintf(text + length, sizeof text - length, "}}");
      mosquitto_publish(broker, NULL, topic, length, text, 0, false);
    }
    next.tv_sec += 1;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
  }
}
