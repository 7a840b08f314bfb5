import BusPlanning
import Diagnosis
import GatewayConfiguration
import Glibc
import SerialPort
import Telemetry

extension Doctor {
  func buses() -> [BusEvidence] {
    guard let settings else { return daemon.figures.map { evidence(BusEvidence($0.name, .unknown)) } }
    let plans = BusPlan.all(settings)
    return settings.buses.compactMap { bus in
      // Computed devices have no line on which anything could be wrong.
      guard let kind = kind(bus) else { return nil }
      var seen = evidence(BusEvidence(bus.name, kind))
      if seen.plannedLoad == nil { seen.plannedLoad = plans.first { $0.name == bus.name }?.load }
      return seen
    }
  }

  private func kind(_ bus: BusSettings) -> BusEvidence.Kind? {
    switch bus.kind {
    case .computed: return nil
    case .modbusRTU(let line): return .modbusRTU(port(line.device), Self.line(line, bus.timeout))
    case .serialLines(let line, _): return .serialLines(port(line.device), Self.line(line, bus.timeout))
    case .modbusTCP(let host, let port):
      // Some devices take few connections: the daemon's is not disturbed.
      let isUp = daemon.figures.first { $0.name == bus.name }?.up == true
      return .modbusTCP(address: "\(host):\(port)", isUp ? nil : .probe(host: host, port: port))
    }
  }

  private static func line(_ line: SerialLine, _ timeout: Duration) -> LineEvidence {
    LineEvidence(
      baud: line.baud, parity: line.parity.rawValue, stopBits: line.stopBits,
      timeoutMilliseconds: Int(timeout.wholeMilliseconds))
  }

  /// Looks at the file only.
  private func port(_ path: String) -> PortEvidence {
    var seen = PortEvidence(path: path)
    let folder = "/dev/serial/by-id"
    let names = ProcessTable.names(in: folder).map { "\(folder)/\($0)" }
    seen.lastingNames = names
    let isAdapter = USBPortName(path) != nil
    if isAdapter { seen.lastingNames = USBPort.present().map(\.name.text) }
    let path = (try? USBPort.path(of: path)) ?? path
    var status = stat()
    seen.exists = stat(path, &status) == 0
    guard seen.exists else { return seen }
    seen.isCharacterDevice = status.st_mode & S_IFMT == S_IFCHR
    let resolved = ProcessTable.resolved(path)
    seen.isPseudoTerminal = resolved?.hasPrefix("/dev/pts/") == true
    seen.lastingName = names.first { ProcessTable.resolved($0) == resolved }
    seen.user = user.name
    seen.isAllowed = user.may(0o6, status)
    seen.group = ServiceUser.name(ofGroup: status.st_gid)
    seen.isOpenToGroup = status.st_mode & 0o060 == 0o060
    let mode = String(status.st_mode & 0o7777, radix: 8)
    seen.permissions = "mode \(mode), owner \(ServiceUser.name(ofUser: status.st_uid)), group \(seen.group)"
    let holders = processes.holders(of: path)
    seen.isHeldByDaemon = holders.contains { $0.program == "fieldgated" }
    // The simulator has its own end open.
    guard !seen.isPseudoTerminal else { return seen }
    seen.holders = holders.filter { $0.program != "fieldgated" }.map { .init(pid: $0.pid, program: $0.program) }
    seen.areHoldersKnown = geteuid() == 0
    return seen
  }

  /// With what the daemon says.
  private func evidence(_ bus: BusEvidence) -> BusEvidence {
    var bus = bus
    let plan = daemon.plan?.buses.first { $0.name == bus.name }
    bus.plannedLoad = plan?.load
    guard let answer = daemon.figures.first(where: { $0.name == bus.name }) else { return bus }
    var figures = BusEvidence.Figures()
    figures.isUp = answer.up
    figures.fault = answer.fault
    figures.requests = answer.requests
    figures.failures = answer.failures
    figures.lateReplies = answer.lateReplies ?? 0
    figures.scans = answer.scans
    figures.scansLate = answer.scansLate
    figures.scansSkipped = answer.scansSkipped
    if let serial = answer.serial {
      var lines = BusEvidence.Lines()
      lines.lines = serial.lines
      lines.unmatched = serial.unmatched
      lines.damaged = serial.damaged
      figures.serial = lines
    }
    figures.devices = answer.devices.map { device in
      var seen = BusEvidence.Device(device.name)
      seen.unit = device.unit
      seen.requests = device.requests ?? 0
      seen.replies = device.replies ?? 0
      seen.isSilent = device.silent ?? false
      seen.wrongUnitReplies = device.wrongUnitReplies ?? 0
      seen.answeredBy = device.answeredBy
      seen.damagedReplies = device.damagedReplies ?? 0
      seen.quality = device.quality
      seen.fault = device.fault
      let refused = plan?.devices.first { $0.name == device.name }?.refused ?? []
      seen.refused = refused.map { "\($0.tag) (\($0.reason))" }
      return seen
    }
    bus.figures = figures
    return bus
  }
}
