import Diagnosis
import Testing

/// What the doctor makes of a bus: verdict and next step for each kind of evidence.
@Suite("Diagnosis of buses")
struct BusDiagnosisTests {
  private static func device(
    _ name: String, requests: Int = 100, replies: Int = 100, silent: Bool = false
  ) -> BusEvidence.Device {
    var device = BusEvidence.Device(name)
    device.unit = 7
    device.requests = requests
    device.replies = replies
    device.isSilent = silent
    return device
  }

  private static func figures(
    _ devices: [BusEvidence.Device], failures: [String: Int] = [:],
    change: (inout BusEvidence.Figures) -> Void = { _ in }
  ) -> BusEvidence.Figures {
    var figures = BusEvidence.Figures()
    figures.devices = devices
    figures.requests = devices.reduce(0) { $0 + $1.requests }
    figures.failures = failures
    figures.scans = 100
    change(&figures)
    return figures
  }

  private static func findings(
    _ figures: BusEvidence.Figures?, port: PortEvidence? = nil, load: Double? = nil,
    line: LineEvidence = LineEvidence(baud: 19_200, parity: "even", stopBits: 1, timeoutMilliseconds: 300)
  ) -> [Finding] {
    var usual = PortEvidence(path: "/dev/serial/by-id/usb-adapter")
    usual.isAllowed = true
    var evidence = Evidence()
    evidence.daemon.answers = true
    var bus = BusEvidence("rs485", .modbusRTU(port ?? usual, line))
    bus.figures = figures
    bus.plannedLoad = load
    evidence.buses = [bus]
    return Diagnosis(evidence).findings.filter { $0.area == .bus || $0.area == .device }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var figures: BusEvidence.Figures
    var verdict: Verdict
    var text: String
    var next: String
  }

  private static let dead = [
    device("a", requests: 30, replies: 0), device("b", requests: 40, replies: 30, silent: true),
  ]

  static let cases = [
    Case(
      testDescription: "all time out", figures: figures(dead, failures: ["time-out": 40]), verdict: .problem,
      text: "no answer from any of the 2 devices", next: "wires A and B swapped"),
    Case(
      testDescription: "the only one times out", figures: figures([dead[0]], failures: ["time-out": 40]),
      verdict: .problem, text: "no answer from the only device (a)", next: "its unit id (7)"),
    Case(
      testDescription: "all time out from the first request on",
      figures: figures([device("a", requests: 1, replies: 0), device("b", requests: 3, replies: 0)]),
      verdict: .problem, text: "no answer from any of the 2 devices", next: "wires A and B swapped"),
    Case(
      testDescription: "all damaged", figures: figures(dead, failures: ["time-out": 2, "checksum error": 40]),
      verdict: .problem, text: "every reply is damaged", next: "set baud rate and parity"),
    Case(
      testDescription: "all malformed", figures: figures(dead, failures: ["malformed reply": 40]), verdict: .problem,
      text: "none fits its request", next: "local echo"),
    Case(
      testDescription: "one dead among living", figures: figures([device("a"), dead[0]]), verdict: .problem,
      text: "does not answer (unit 7), while others on rs485 do", next: "check its power, its unit id"),
    Case(
      testDescription: "dead behind a converter",
      figures: figures([device("a"), device("b")]) {
        $0.devices[1].quality = "bad"
        $0.devices[1].fault = "unit 7 answered \"gateway target device failed to respond\"; compare"
      }, verdict: .problem, text: "does not answer (unit 7)", next: "check its power"),
    Case(
      testDescription: "a line with noise", figures: figures([device("a")], failures: ["checksum error": 5]),
      verdict: .warning, text: "replies with a wrong check sum (5 of 100", next: "noise: shield"),
    Case(
      testDescription: "a line with much noise", figures: figures([device("a")], failures: ["checksum error": 20]),
      verdict: .problem, text: "(20 of 100", next: "baud rate or parity"),
    Case(
      testDescription: "two with one unit id", figures: figures([device("a")], failures: ["malformed reply": 9]),
      verdict: .warning, text: "do not fit their request", next: "two devices with one unit id"),
    Case(
      testDescription: "another unit id than asked for",
      figures: figures([device("b"), dead[0]], failures: ["malformed reply": 40]) {
        $0.devices[1].answeredBy = 71
        $0.devices[1].wrongUnitReplies = 40
      }, verdict: .problem, text: "when unit 7 is asked, unit 71 answers (40 of",
      next: "'unit: 71' in the configuration"),
    Case(
      testDescription: "a second master, or a device that answers for another",
      figures: figures([device("b"), dead[0]]) {
        $0.devices[0].unit = 12
        $0.devices[1].answeredBy = 12
        $0.devices[1].wrongUnitReplies = 40
      }, verdict: .problem, text: "unit 12 answers", next: "unit 12 is b: look for a second master"),
    Case(
      testDescription: "two devices that answer at once",
      figures: figures([device("b"), device("a", requests: 100, replies: 60)], failures: ["checksum error": 40]) {
        $0.devices[1].damagedReplies = 40
      }, verdict: .problem, text: "its replies are damaged (40 of 100", next: "two devices may share the unit id 7"),
    Case(
      testDescription: "a time-out that is too short", figures: figures([device("a")]) { $0.lateReplies = 6 },
      verdict: .warning, text: "after the time-out", next: "raise 'timeout'"),
    Case(
      testDescription: "a loose contact", figures: figures([device("a", requests: 100, replies: 90)]),
      verdict: .warning, text: "leaves 10 of 100 requests without", next: "loose contact"),
    Case(
      testDescription: "skipped scans", figures: figures([device("a")]) { $0.scansSkipped = 20 }, verdict: .warning,
      text: "20 of 120 scans skipped", next: "fieldgate plan"),
    Case(
      testDescription: "a wrong register",
      figures: figures([device("a")]) { $0.devices[0].refused = ["power (illegal data address)"] }, verdict: .problem,
      text: "refuses to give power (illegal data address)", next: "addresses count from 0"),
    Case(
      testDescription: "a device's own fault",
      figures: figures([device("a")]) {
        $0.devices[0].quality = "bad"
        $0.devices[0].fault = "unit 7 is upset; soothe it"
      }, verdict: .problem, text: "unit 7 is upset", next: "soothe it"),
    Case(
      testDescription: "the bus is down",
      figures: figures([device("a")]) {
        $0.isUp = false
        $0.fault = "cannot open /dev/x (gone); plug it in"
      }, verdict: .problem, text: "cannot open /dev/x (gone)", next: "plug it in"),
    Case(
      testDescription: "lines of no device",
      figures: figures([]) {
        $0.serial = .init()
        $0.serial?.lines = 9
        $0.serial?.unmatched = 9
      }, verdict: .problem, text: "none is that of a configured device", next: "fieldgate serial watch /dev/serial"),
    Case(
      testDescription: "no line at all", figures: figures([]) { $0.serial = .init() }, verdict: .problem,
      text: "not a single line", next: "RX and TX"),
  ]

  @Test("The daemon's counts give verdict, words and next step", arguments: cases)
  func counts(_ row: Case) throws {
    let findings = Self.findings(row.figures).filter { $0.verdict != .ok }
    #expect(findings.count == 1, "\(findings)")
    let finding = try #require(findings.first)
    #expect(finding.verdict == row.verdict)
    #expect(finding.text.contains(row.text), "\(finding)")
    #expect(finding.next?.contains(row.next) == true, "\(finding)")
  }

  @Test("Living devices and single failures are ok; what was not asked yet is not checked")
  func good() {
    let findings = Self.findings(Self.figures([Self.device("a")], failures: ["checksum error": 4]), load: 0.4)
    #expect(findings.allSatisfy { $0.verdict == .ok } && findings.count == 4, "\(findings)")
    let early = Self.findings(Self.figures([Self.device("a", requests: 0, replies: 0)]))
    #expect(early.last?.verdict == .notChecked)
    #expect(Self.findings(nil).last?.text.contains("does not know this bus") == true)
  }

  @Test(
    "A plan that takes more than the time is a problem",
    arguments: [(0.9, Verdict.ok), (0.95, .warning), (1.2, .problem)])
  func load(_ load: Double, _ verdict: Verdict) {
    let finding = Self.findings(Self.figures([Self.device("a")]), load: load).first { $0.text.contains("intervals") }
    #expect(finding?.verdict == verdict)
  }

  struct PortCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var verdict: Verdict
    var text: String
    var next: String
    var change: @Sendable (inout PortEvidence) -> Void
  }

  static let ports: [PortCase] = [
    PortCase(testDescription: "missing", verdict: .problem, text: "is not there", next: "no adapter is plugged in") {
      $0.exists = false
    },
    PortCase(testDescription: "missing, others there", verdict: .problem, text: "is not there", next: "by-id/other") {
      $0.exists = false
      $0.lastingNames = ["/dev/serial/by-id/other"]
    },
    PortCase(testDescription: "a file", verdict: .problem, text: "is no serial port", next: "plug") {
      $0.isCharacterDevice = false
    },
    PortCase(testDescription: "group", verdict: .problem, text: "may not use", next: "usermod -aG dialout fieldgate") {
      $0.isAllowed = false
    },
    PortCase(testDescription: "mode", verdict: .problem, text: "may not use", next: "/etc/udev/rules.d") {
      $0.isAllowed = false
      $0.isOpenToGroup = false
    },
    PortCase(testDescription: "held", verdict: .problem, text: "is held by minicom (process 9)", next: "end that") {
      $0.holders = [.init(pid: 9, program: "minicom")]
    },
    PortCase(testDescription: "a known intruder", verdict: .problem, text: "ModemManager", next: "disable --now") {
      $0.holders = [.init(pid: 9, program: "ModemManager")]
    },
    PortCase(testDescription: "holders hidden", verdict: .notChecked, text: "only root", next: "sudo") {
      $0.areHoldersKnown = false
    },
    PortCase(testDescription: "a passing name", verdict: .warning, text: "another adapter", next: "by-id/mine") {
      $0.path = "/dev/ttyUSB0"
      $0.lastingName = "/dev/serial/by-id/mine"
    },
  ]

  @Test("Ports: there, allowed, free, and under a lasting name", arguments: ports)
  func port(_ row: PortCase) throws {
    var port = PortEvidence(path: "/dev/serial/by-id/mine")
    port.isAllowed = true
    row.change(&port)
    let found = Self.findings(Self.figures([Self.device("a")]), port: port).filter { $0.verdict != .ok }
    #expect(found.count == 1, "\(found)")
    let finding = try #require(found.first)
    #expect(finding.verdict == row.verdict && finding.text.contains(row.text), "\(finding)")
    #expect(finding.next?.contains(row.next) == true, "\(finding)")
  }

  @Test(
    "Line settings that no Modbus device has are a warning",
    arguments: [
      ("even", 2, 9_600, 300, "12 bits"), ("none", 1, 460_800, 300, "faster than"), ("even", 1, 9_600, 20, "is short"),
    ])
  func lines(_ parity: String, _ stopBits: Int, _ baud: Int, _ timeout: Int, _ text: String) {
    let line = LineEvidence(baud: baud, parity: parity, stopBits: stopBits, timeoutMilliseconds: timeout)
    let found = Self.findings(Self.figures([Self.device("a")]), line: line).filter { $0.verdict == .warning }
    #expect(found.count == 1 && found[0].text.contains(text) && found[0].next != nil, "\(found)")
  }
}
