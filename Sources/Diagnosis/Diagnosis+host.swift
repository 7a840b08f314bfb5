/// Configuration, daemon, disk and clock.
extension Diagnosis {
  static func configuration(_ seen: Evidence.Configuration) -> [Finding] {
    let check = "fieldgate check \(seen.file)"
    var found: [Finding] = []
    if seen.isHidden {
      found.append(
        Finding(
          .configuration, .notChecked, "you may not read \(seen.file)", next: "run it as root: sudo fieldgate doctor"))
    }
    let shown = seen.errors.prefix(5)
    found += shown.map { Finding(.configuration, .problem, $0, next: "correct it, then: \(check)") }
    if seen.errors.count > shown.count {
      let rest = number(seen.errors.count - shown.count, "more error")
      found.append(Finding(.configuration, .problem, rest, next: "see all: \(check)"))
    }
    found += seen.warnings.prefix(5).map { Finding(.configuration, .warning, $0, next: "see all: \(check)") }
    if let loaded = seen.loadedFile, loaded != seen.file {
      found.append(
        Finding(
          .configuration, .warning, "the daemon runs with \(loaded), and this looks at \(seen.file)",
          next: "fieldgate doctor --configuration \(loaded)"))
    } else if seen.hasChangedSinceLoaded {
      found.append(
        Finding(
          .configuration, .warning, "\(seen.file) changed since the daemon loaded it",
          next: "see the difference: fieldgate reload --check; take it: fieldgate reload"))
    }
    if let failure = seen.reloadFailure {
      found.append(
        Finding(
          .configuration, .problem, "the newest reload changed nothing: \(failure)",
          next: "correct it, then: fieldgate reload"))
    }
    found += seen.needsRestart.map {
      Finding(.configuration, .warning, "waits for a restart: \($0)", next: "systemctl restart fieldgate")
    }
    return found.isEmpty ? [Finding(.configuration, .ok, "\(seen.file) is good")] : found
  }

  static func daemon(_ seen: Evidence.Daemon) -> [Finding] {
    if seen.answers {
      return [Finding(.daemon, .ok, "fieldgated \(seen.version ?? "") answers on \(seen.socket)")]
    }
    let log = "journalctl -u fieldgate -n 20"
    if seen.isSocketForbidden {
      return [
        Finding(
          .daemon, .notChecked, "you may not open the daemon's socket \(seen.socket)",
          next: "use sudo, or join the group: sudo usermod -aG fieldgate \"$USER\", then log in again")
      ]
    }
    if !seen.processes.isEmpty {
      let pids = seen.processes.map(String.init).joined(separator: ", ")
      return [
        Finding(
          .daemon, .problem, "fieldgated runs (process \(pids)), and does not answer on \(seen.socket)",
          next: "another socket (--socket)? a file with errors, for which it waits? see: \(log)")
      ]
    }
    let start =
      seen.isUnitInstalled
      ? "systemctl status fieldgate; \(log); then: systemctl start fieldgate"
      : "start it: fieldgated --configuration FILE; the unit fieldgate.service is not installed here"
    return [Finding(.daemon, .problem, "fieldgated does not run, so nothing is polled", next: start)]
  }

  static func disk(_ seen: Evidence.Disk) -> [Finding] {
    let directory = seen.directory
    guard seen.exists, seen.isDirectory else {
      let text = seen.exists ? "\(directory) is not a directory" : "the outbox's directory \(directory) is not there"
      return [Finding(.disk, .problem, text, next: "install -d -m 700 -o \(seen.user) \(directory)")]
    }
    var found: [Finding] = []
    if seen.isWritable == false {
      found.append(
        Finding(
          .disk, .problem, "the user \(seen.user) may not write to \(directory)",
          next: "chown \(seen.user) \(directory); chmod 700 \(directory)"))
    }
    if seen.isStoreOpening {
      found.append(
        Finding(
          .disk, .warning, "the outbox is being opened, and samples wait in memory: its whole file is read",
          next: "wait, without a restart, which would begin it anew; fieldgate outbox shows when it is done"))
    } else if seen.isStoreGood == false {
      found.append(
        Finding(
          .disk, .problem, "the outbox takes no data; samples wait in memory and are lost at a restart",
          next: "look at the disk: df -h \(directory); dmesg | tail; fieldgate outbox"))
    }
    let floor = seen.floorBytes
    let clear = "delete what is not needed (du -x \(directory)/..; journalctl --vacuum-size=50M), or lower 'capacity'"
    if let free = seen.freeBytes, free < 2 * floor {
      let text = "\(megabytes(free)) free on the disk of \(directory), and the outbox leaves \(megabytes(floor)) free"
      let isBelow = free < floor
      found.append(
        Finding(
          .disk, isBelow ? .problem : .warning, text + (isBelow ? ": it thins and drops old values" : ""), next: clear))
    }
    if let left = seen.fullInSeconds, left < seen.warnBelowSeconds {
      found.append(
        Finding(
          .disk, .warning, "the outbox is full in \(left / 3_600) h if central stays away",
          next: "see: fieldgate outbox; bring central back, or give the outbox more room"))
    }
    if seen.lostSamples > 0 {
      found.append(
        Finding(.disk, .warning, "\(seen.lostSamples) samples were lost", next: "why and when: fieldgate outbox"))
    }
    guard found.isEmpty else { return found }
    let free = seen.freeBytes.map { "\(megabytes($0)) free" } ?? "free space unknown"
    return [Finding(.disk, .ok, "\(directory): \(free), the outbox leaves \(megabytes(floor)) free")]
  }

  static func clock(_ seen: Evidence.Clock) -> [Finding] {
    let service = "timedatectl set-ntp true (or install chrony), then look at: timedatectl"
    if seen.nowSeconds < seen.earliestSeconds || seen.isTrusted == false {
      return [
        Finding(.clock, .problem, "the clock shows a time that cannot be; values wait until it is set", next: service)
      ]
    }
    if seen.isSynchronized { return [Finding(.clock, .ok, "set and kept by systemd-timesyncd")] }
    if let other = seen.timeService {
      return [Finding(.clock, .ok, "plausible; \(other) runs and keeps it")]
    }
    let battery = seen.hasBatteryClock ? "" : ", and there is no battery-backed clock: it is wrong after each power cut"
    return [Finding(.clock, .warning, "plausible, but nothing keeps it right\(battery)", next: service)]
  }

  static func megabytes(_ bytes: Int) -> String {
    bytes >= 10_000_000_000 ? "\(bytes / 1_000_000_000) GB" : "\(bytes / 1_000_000) MB"
  }
}
