"""Prints what Home Assistant allows in discovery messages, as JSON: keys, device classes, state classes and units.

Run by Scripts/check-home-assistant with the packages of requirements.txt beside this file.
"""
import json

import voluptuous as vol
from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.mqtt import binary_sensor, number, select, sensor, switch
from homeassistant.components.number import const as numbers
from homeassistant.components.sensor import const as sensors
from homeassistant.components.switch import SwitchDeviceClass
from homeassistant.const import __version__


def units(table):
    """A value without a unit is None there and an empty text here."""
    return {
        key.value: sorted("" if unit is None else str(getattr(unit, "value", unit)) for unit in allowed)
        for key, allowed in table.items()
    }


def keys(schema):
    if isinstance(schema, vol.All):
        return sorted({key for part in schema.validators for key in keys(part)})
    if isinstance(schema, vol.Schema) and isinstance(schema.schema, dict):
        return sorted(str(key) for key in schema.schema)
    return []


components = {"sensor": sensor, "binary_sensor": binary_sensor, "switch": switch, "number": number, "select": select}
print(
    json.dumps(
        {
            "version": __version__,
            "keys": {name: keys(module.DISCOVERY_SCHEMA) for name, module in components.items()},
            "sensor_units": units(sensors.DEVICE_CLASS_UNITS),
            "sensor_state_classes": {
                key.value: sorted(state.value for state in allowed)
                for key, allowed in sensors.DEVICE_CLASS_STATE_CLASSES.items()
            },
            "number_units": units(numbers.DEVICE_CLASS_UNITS),
            "binary_sensor_classes": sorted(item.value for item in BinarySensorDeviceClass),
            "switch_classes": sorted(item.value for item in SwitchDeviceClass),
        },
        ensure_ascii=False,
        sort_keys=True,
        indent=1,
    )
)
