"""The same in Python with pymodbus, without a broker: reads each device once a second and makes one JSON text a device.

usage: poll.py MODBUS_PORT DEVICES REGISTERS
"""

import json
import sys
import time

from pymodbus.client import ModbusTcpClient

port, devices, registers = (int(word) for word in sys.argv[1:4])
client = ModbusTcpClient("127.0.0.1", port=port)
assert client.connect()
due = time.monotonic()
while True:
    for unit in range(1, devices + 1):
        answer = client.read_holding_registers(0, count=registers, device_id=unit)
        assert not answer.isError()
        text = json.dumps({"values": {f"r{index}": value for index, value in enumerate(answer.registers)}})
    due += 1
    time.sleep(max(0, due - time.monotonic()))
