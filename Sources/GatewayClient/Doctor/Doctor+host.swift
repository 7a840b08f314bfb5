import Diagnosis
import GatewayConfiguration
import GatewayCore
import Glibc
import Telemetry
import YAMLParser

extension Doctor {
  /// The daemon that answers was started with this file, however it was named.
  var isDaemonOfThisFile: Bool {
    guard let running = daemon.status?.configuration?.file else { return false }
    return running == file || ProcessTable.resolved(running) == ProcessTable.resolved(file)
  }

  func configuration() -> Evidence.Configuration {
    var seen = Evidence.Configuration()
    seen.file = file
    seen.isHidden = access(file, R_OK) != 0 && errno == EACCES
    if !seen.isHidden {
      seen.errors = loaded.diagnostics.filter { $0.severity == .error }.map { $0.rendered(file: file) }
      seen.warnings = loaded.diagnostics.filter { $0.severity == .warning }.map { $0.rendered(file: file) }
    }
    guard let running = daemon.status?.configuration else { return seen }
    seen.loadedFile = isDaemonOfThisFile ? file : running.file
    seen.hasChangedSinceLoaded = running.changedSince
    seen.needsRestart = running.needsRestart
    seen.reloadFailure = running.failure
    return seen
  }

  func daemonEvidence() -> Evidence.Daemon {
    var seen = Evidence.Daemon()
    seen.socket = socket
    seen.answers = daemon.status != nil
    seen.version = daemon.status?.version
    seen.failure = daemon.failure
    seen.isSocketForbidden = access(socket, R_OK | W_OK) != 0 && errno == EACCES
    seen.processes = processes.daemons(of: file)
    seen.isUnitInstalled = ServiceUser.isUnitInstalled
    return seen
  }

  func disk() -> Evidence.Disk? {
    guard let directory = daemon.status?.outbox.directory ?? settings?.outbox.directory else { return nil }
    var seen = Evidence.Disk()
    seen.directory = directory
    seen.user = user.name
    seen.floorBytes = settings?.outbox.diskFloorBytes ?? 64 << 20
    if let warnBelow = settings?.outbox.warnBelow { seen.warnBelowSeconds = Int(warnBelow.wholeMilliseconds / 1_000) }
    var status = stat()
    seen.exists = stat(directory, &status) == 0 || errno == EACCES
    if seen.exists, status.st_mode != 0 {
      seen.isDirectory = status.st_mode & S_IFMT == S_IFDIR
      seen.isWritable = user.isOfService ? user.may(0o7, status) : nil
    }
    var space = statvfs()
    if statvfs(directory, &space) == 0 { seen.freeBytes = Int(space.f_bavail) * Int(space.f_frsize) }
    guard let outbox = daemon.status?.outbox else { return seen }
    seen.isStoreGood = outbox.open && !outbox.failing
    seen.isStoreOpening = outbox.opening ?? false
    if daemon.status?.central.state != "online" { seen.fullInSeconds = outbox.fullInSeconds }
    seen.lostSamples = outbox.lostSamples.values.reduce(0, +)
    return seen
  }

  func clock() -> Evidence.Clock {
    var seen = Evidence.Clock()
    seen.nowSeconds = Int64(time(nil))
    seen.earliestSeconds = ClockTrust.earliest.milliseconds / 1_000
    seen.isSynchronized = access("/run/systemd/timesync/synchronized", F_OK) == 0
    seen.timeService = ["chronyd", "ntpd", "ptp4l"].first { processes.isRunning($0) }
    seen.hasBatteryClock = access("/sys/class/rtc/rtc0", F_OK) == 0
    seen.isTrusted = daemon.status?.outbox.clockTrusted
    return seen
  }
}
