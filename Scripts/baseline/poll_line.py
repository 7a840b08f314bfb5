"""The same in Python with pymodbus: reads each device of a serial line in turn, as fast as it can.

usage: poll_line.py PORT DEVICES REGISTERS
"""

import sys

from pymodbus.client import ModbusSerialClient
from pymodbus.exceptions import ModbusException

port, devices, registers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = ModbusSerialClient(port, baudrate=19200, parity="N", stopbits=2, timeout=0.5, retries=0)
assert client.connect()
while True:
    for unit in range(1, devices + 1):
        try:
            client.read_holding_registers(0, count=registers, device_id=unit)
        except ModbusException:
            client.connect()
