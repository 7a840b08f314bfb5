"""Judges what central holds: good scan counts of each device must be 1, 2, 3 … without an unexplained gap or a double.

usage: judge.py DIRECTORY RESTART_GAP    with DIRECTORY/counts/DEVICE.csv, losses.json, restarts, accepted

A gap is explained by a bad value between its ends (a read that the gateway gave up), by a loss notice of its time, or by
a restart of the daemon (lines "FROM TO" in seconds): then at most RESTART_GAP scans. Where such a line has a third time,
that of the newest sample that was accepted before, the gap may have what was read since, at a scan each 100 ms.
"""

import csv
import datetime
import json
import math
import pathlib
import sys

directory, restart_gap = pathlib.Path(sys.argv[1]), int(sys.argv[2])


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def lines(name):
    path = directory / name
    return path.read_text().split("\n") if path.exists() else []


restarts = [tuple(map(float, line.split())) for line in lines("restarts") if line]
losses = [
    (seconds(loss["from"]), seconds(loss["to"]), set(loss.get("devices", [])), loss.get("more_devices", 0))
    for loss in json.loads((directory / "losses.json").read_text())["losses"]
    if "from" in loss and "to" in loss
]
accepted = {}
for line in lines("accepted"):
    if line:
        device, count = line.split(",")
        accepted.setdefault(device, set()).add(int(count))

problems, scans, explained = [], 0, {"bad value": 0, "loss notice": 0, "restart": 0}


def explanation(device, size, begin, end, bad):
    if bad:
        return "bad value"
    for first, last, names, more in losses:
        if first <= end and last >= begin and (device in names or more or not names):
            return "loss notice"
    for down, up, *accepted_through in restarts:
        # A device's newest accepted scan is up to an interval older than the newest of all; one more was under way.
        allowed = math.ceil((down - accepted_through[0]) / 0.1) + 2 if accepted_through else restart_gap
        if begin <= up + 1 and end >= down - 1 and size <= allowed:
            return "restart"
    return None


for path in sorted((directory / "counts").glob("*.csv")):
    device, held, bad, last, before = path.stem, set(), False, 0, 0.0
    for row in csv.DictReader(path.open()):
        time = seconds(row["time"])
        if row["quality"] != "good":
            bad = True
            continue
        count = int(row["value"])
        if count <= last:
            problems.append(f"{device}: {count} after {last} at {row['time']} (doubled or out of order)")
        elif count > last + 1:
            why = explanation(device, count - last - 1, before, time, bad)
            if why:
                explained[why] += count - last - 1
            else:
                problems.append(f"{device}: {last} then {count} at {row['time']}: {count - last - 1} missing")
        held.add(count)
        last, before, bad = max(last, count), time, False
    scans += len(held)
    missing = accepted.get(device, set()) - held
    if missing and not losses:
        problems.append(f"{device}: {len(missing)} accepted scans are missing, the first is {min(missing)}")
    if len(held) < 10:
        problems.append(f"{device}: only {len(held)} scans are at central")
gaps = ", ".join(f"{number} by {why}" for why, number in explained.items() if number) or "none"
print(
    f"{scans} scans at central, {sum(map(len, accepted.values()))} of them seen in the outbox of a dead daemon; "
    f"missing but explained: {gaps}; {len(losses)} loss notices"
)
for problem in problems[:20]:
    print("! " + problem)
sys.exit(1 if problems else 0)
