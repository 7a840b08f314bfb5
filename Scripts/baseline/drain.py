"""Watches a gateway empty its outbox into central, and prints figures.

usage: drain.py SAMPLES METRICS_PORT GATEWAY_PID CENTRAL_PID SECONDS

Asks central's metrics until SAMPLES are committed, and samples the memory (PSS) of both processes on the way. One JSON
line a figure; exit code 1 when SECONDS passed before.
"""

import json
import os
import sys
import time
import urllib.request

samples, port, gateway, central, limit = (int(argument) for argument in sys.argv[1:6])
tick = os.sysconf("SC_CLK_TCK")


def metrics():
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {line.split()[0].removeprefix("fieldgate_central_"): float(line.split()[1]) for line in lines if line[0] != "#"}


def cpu(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / tick


def pss(pid):
    for line in open(f"/proc/{pid}/smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1])


def started(pid):
    """When a process began, by the clock of time.time(), to a hundredth of a second."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    since_boot = int(fields[19]) / tick
    return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - since_boot)


def figure(subject, name, value, unit):
    print(json.dumps({"subject": subject, "figure": name, "value": round(value, 3), "unit": unit}))


began = started(gateway)
memory = {"gateway": [], "central": []}
while True:
    found = metrics()
    now = time.time()
    memory["gateway"].append(pss(gateway))
    memory["central"].append(pss(central))
    done = found["records_committed_total"]
    if done >= samples:
        break
    if now - began > limit:
        sys.exit(f"only {done:.0f} of {samples} samples came in {limit} s")
    time.sleep(0.05)
seconds = now - began
figure("drain", "samples", samples, "1")
figure("drain", "seconds", seconds, "s")
figure("drain", "samples_per_second", samples / seconds, "1/s")
figure("drain", "bytes_per_second", found["bytes_committed_total"] / seconds, "B/s")
figure("drain", "commits", found["commits_total"], "1")
figure("drain", "seconds_in_centrals_commits", found["commit_seconds_total"], "s")
figure("drain", "cpu_seconds_of_gateway", cpu(gateway), "s")
figure("drain", "cpu_seconds_of_central", cpu(central), "s")
for subject, values in memory.items():
    # The middle of the way beside its end: what grows with the backlog would show.
    figure(subject, "pss_at_the_middle", values[len(values) // 2], "kB")
    figure(subject, "pss_at_the_end", values[-1], "kB")
    figure(subject, "pss_at_most", max(values), "kB")
