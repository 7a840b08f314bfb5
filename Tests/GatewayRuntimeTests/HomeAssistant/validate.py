"""Validates discovery messages with Home Assistant's own schemas.

Reads lines of "TOPIC PAYLOAD" (mosquitto_sub -F '%t %p') from standard input: discovery messages first judged by topic and
schema, then units and state classes by device class, then every template rendered with the newest message of its topic.
Ends with 1 when anything is wrong.
"""
import json
import sys

import jinja2
from homeassistant.components.mqtt import binary_sensor, number, select, sensor, switch
from homeassistant.components.mqtt.discovery import TOPIC_MATCHER
from homeassistant.components.number import const as numbers
from homeassistant.components.sensor import const as sensors

SCHEMAS = {
    "sensor": sensor.DISCOVERY_SCHEMA,
    "binary_sensor": binary_sensor.DISCOVERY_SCHEMA,
    "switch": switch.DISCOVERY_SCHEMA,
    "number": number.DISCOVERY_SCHEMA,
    "select": select.DISCOVERY_SCHEMA,
}
PREFIX = "homeassistant/"
problems = []
states = {}
entities = []


def problem(topic, text):
    problems.append(f"{topic}: {text}")


def check_units(topic, component, config):
    tables = {"sensor": sensors.DEVICE_CLASS_UNITS, "number": numbers.DEVICE_CLASS_UNITS}
    device_class = config.get("device_class")
    if device_class is None or component not in tables:
        return
    allowed = tables[component].get(device_class)
    if allowed is not None and config.get("unit_of_measurement") not in {str(u) if u else None for u in allowed}:
        problem(topic, f"unit {config.get('unit_of_measurement')} is not one of {device_class}")
    states_allowed = sensors.DEVICE_CLASS_STATE_CLASSES.get(device_class) or {None}
    if component == "sensor" and config.get("state_class") not in states_allowed:
        problem(topic, f"state class {config.get('state_class')} is not one of {device_class}")


def render(template, payload):
    variables = {"value": payload}
    try:
        variables["value_json"] = json.loads(payload)
    except ValueError:
        pass
    return jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(template).render(variables)


def check_state(topic, component, config):
    payload = states.get(config["state_topic"])
    if payload is None:
        return problem(topic, f"nothing was published under {config['state_topic']}")
    state = render(config["value_template"].template, payload) if "value_template" in config else payload
    if state == "None":
        return None
    if component in ("sensor", "number"):
        try:
            float(state)
        except ValueError:
            if config.get("state_class") or config.get("device_class") not in (None, "enum") or component == "number":
                problem(topic, f"the state {state!r} is no number")
    elif component == "select":
        if state not in config["options"]:
            problem(topic, f"the state {state!r} is none of {config['options']}")
    else:
        on, off = ("state_on", "state_off") if component == "switch" else ("payload_on", "payload_off")
        if state not in (config[on], config[off]):
            problem(topic, f"the state {state!r} is neither {config[on]!r} nor {config[off]!r}")
    for entry in config.get("availability", []):
        text = states.get(entry["topic"])
        shown = render(entry["value_template"].template, text or "") if "value_template" in entry else text
        if shown != entry["payload_available"]:
            problem(topic, f"not available by {entry['topic']}: {text!r}")
    return None


def check_command(topic, component, config):
    commands = []
    if component == "switch":
        commands = [config["payload_on"], config["payload_off"]]
    elif component == "number":
        commands = [render(config["command_template"].template.replace("{{ value }}", str(config["min"])), "")]
    elif component == "select":
        commands = [config["command_template"].template.replace("{{ value | tojson }}", json.dumps(name)) for name in config["options"]]
    for command in commands:
        if not isinstance(json.loads(command), dict):
            problem(topic, f"the command {command} is no object")


for line in sys.stdin:
    topic, _, payload = line.rstrip("\n").partition(" ")
    if not topic.startswith(PREFIX) or not topic.endswith("/config"):
        states[topic] = payload
        continue
    match = TOPIC_MATCHER.match(topic[len(PREFIX) :])
    if not match or match.group("component") not in SCHEMAS:
        problem(topic, "no discovery topic")
        continue
    component = match.group("component")
    given = json.loads(payload)
    try:
        config = SCHEMAS[component](given)
    except Exception as error:  # voluptuous has several kinds
        problem(topic, error)
        continue
    # The schema of discovery messages drops what it does not know.
    for key in given.keys() - config.keys():
        problem(topic, f"unknown key {key}")
    check_units(topic, component, config)
    entities.append((topic, component, config))

for topic, component, config in entities:
    check_state(topic, component, config)
    check_command(topic, component, config)
identifiers = [config["unique_id"] for _, _, config in entities]
if len(set(identifiers)) != len(identifiers):
    problem("all", "two entities have one unique_id")
kinds = {name: sum(1 for _, component, _ in entities if component == name) for name in SCHEMAS}
for text in problems:
    print(text)
print(f"{len(entities)} entities {kinds}, {len(problems)} problems")
sys.exit(1 if problems or not all(kinds[name] for name in ("sensor", "binary_sensor", "switch", "number")) else 0)
