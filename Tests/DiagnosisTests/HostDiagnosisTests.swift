import Diagnosis
import Testing

/// What the doctor makes of everything but the buses.
@Suite("Diagnosis of the gateway and its peers")
struct HostDiagnosisTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var area: Finding.Area
    var verdict: Verdict
    var text: String
    var next: String
    var change: @Sendable (inout Evidence) -> Void

    init(
      _ name: String, _ area: Finding.Area, _ verdict: Verdict, _ text: String, next: String,
      change: @escaping @Sendable (inout Evidence) -> Void
    ) {
      testDescription = name
      self.area = area
      self.verdict = verdict
      self.text = text
      self.next = next
      self.change = change
    }
  }

  /// A gateway that is well.
  private static var well: Evidence {
    var evidence = Evidence()
    evidence.daemon.answers = true
    evidence.broker = PeerEvidence(address: "b:1883", state: "connected")
    evidence.central = PeerEvidence(address: "c:8443", state: "online")
    evidence.certificates.expiries = [.init(path: "/ca.pem", days: 300)]
    var disk = Evidence.Disk()
    disk.directory = "/var/lib/fieldgate"
    disk.isWritable = true
    disk.freeBytes = 5_000_000_000
    disk.floorBytes = 64_000_000
    evidence.disk = disk
    evidence.clock.nowSeconds = 2
    evidence.clock.earliestSeconds = 1
    evidence.clock.isSynchronized = true
    return evidence
  }

  static let cases: [Case] = [
    Case("a bad file", .configuration, .problem, "g.yaml:3:1: error", next: "fieldgate check") {
      $0.configuration.errors = ["g.yaml:3:1: error: x"]
    },
    Case("a file that waits", .configuration, .warning, "changed since", next: "fieldgate reload --check") {
      $0.configuration.hasChangedSinceLoaded = true
    },
    Case("a failed reload", .configuration, .problem, "changed nothing", next: "correct it") {
      $0.configuration.reloadFailure = "x"
    },
    Case("a restart is due", .configuration, .warning, "waits for a restart: api", next: "systemctl restart") {
      $0.configuration.needsRestart = ["api"]
    },
    Case("another file", .configuration, .warning, "runs with /b.yaml", next: "--configuration /b.yaml") {
      $0.configuration.loadedFile = "/b.yaml"
    },
    Case("a hidden file", .configuration, .notChecked, "you may not read", next: "sudo") {
      $0.configuration.isHidden = true
    },
    Case("no daemon", .daemon, .problem, "does not run", next: "is not installed") { $0.daemon.answers = false },
    Case("a stopped unit", .daemon, .problem, "does not run", next: "systemctl start fieldgate") {
      $0.daemon.answers = false
      $0.daemon.isUnitInstalled = true
    },
    Case("a mute daemon", .daemon, .problem, "runs (process 7), and does not answer", next: "journalctl") {
      $0.daemon.answers = false
      $0.daemon.processes = [7]
    },
    Case("a closed socket", .daemon, .notChecked, "may not open", next: "usermod -aG fieldgate") {
      $0.daemon.answers = false
      $0.daemon.isSocketForbidden = true
    },
    Case("no directory", .disk, .problem, "is not there", next: "install -d -m 700 -o fieldgate") {
      $0.disk?.exists = false
    },
    Case("not writable", .disk, .problem, "may not write", next: "chown fieldgate") { $0.disk?.isWritable = false },
    Case("below the floor", .disk, .problem, "50 MB free", next: "journalctl --vacuum") {
      $0.disk?.freeBytes = 50_000_000
    },
    Case("near the floor", .disk, .warning, "100 MB free", next: "journalctl --vacuum") {
      $0.disk?.freeBytes = 100_000_000
    },
    Case("a store that is opened", .disk, .warning, "being opened", next: "without a restart") {
      $0.disk?.isStoreGood = false
      $0.disk?.isStoreOpening = true
    },
    Case("a failing store", .disk, .problem, "takes no data", next: "dmesg") { $0.disk?.isStoreGood = false },
    Case("soon full", .disk, .warning, "full in 2 h", next: "fieldgate outbox") { $0.disk?.fullInSeconds = 7_300 },
    Case("losses", .disk, .warning, "4 samples were lost", next: "fieldgate outbox") { $0.disk?.lostSamples = 4 },
    Case("a clock before our time", .clock, .problem, "cannot be", next: "timedatectl") { $0.clock.nowSeconds = 0 },
    Case("an untrusted clock", .clock, .problem, "cannot be", next: "timedatectl") { $0.clock.isTrusted = false },
    Case("nobody keeps the clock", .clock, .warning, "no battery-backed clock", next: "chrony") {
      $0.clock.isSynchronized = false
    },
    Case("no broker there", .broker, .problem, "nothing listens", next: "systemctl status mosquitto") {
      $0.broker = PeerEvidence(address: "b:1883", state: "disconnected", detail: "x", reachability: .refused)
    },
    Case("the broker refuses us", .broker, .problem, "disconnected at b:1883: not authorised", next: "user, password") {
      $0.broker = PeerEvidence(
        address: "b:1883", state: "disconnected", detail: "not authorised", reachability: .connected)
    },
    Case("a refused topic", .broker, .problem, "the broker refuses", next: "access rules") {
      $0.broker?.refusals = ["the broker refuses x"]
    },
    Case("a wrong name", .central, .problem, "'c' cannot be resolved", next: "getent hosts c") {
      $0.central = PeerEvidence(address: "c:8443", state: "offline", detail: "x", reachability: .unknownName("none"))
    },
    Case("no answer", .central, .problem, "no answer from c:8443", next: "ping c") {
      $0.central = PeerEvidence(address: "c:8443", state: "offline", detail: "x", reachability: .silent)
    },
    Case("no answer without a daemon", .central, .problem, "no answer from c:8443", next: "ping c") {
      $0.central = PeerEvidence(address: "c:8443", reachability: .silent)
    },
    Case("central refuses us", .central, .problem, "refused at c:8443: who?", next: "certificates, clock") {
      $0.central = PeerEvidence(address: "c:8443", state: "refused", detail: "who?", reachability: .connected)
    },
    Case("central denies us", .central, .problem, "refused at c:8443: it is denied", next: "ask the operator why") {
      $0.central = PeerEvidence(
        address: "c:8443", state: "refused", detail: "it is denied. Next: ask the operator why",
        reachability: .connected)
    },
    Case("still connecting", .central, .notChecked, "connecting", next: "ask again") {
      $0.central = PeerEvidence(address: "c:8443", state: "connecting", reachability: .connected)
    },
    Case("a certificate that ends soon", .certificates, .warning, "expires in 1 day", next: "renew") {
      $0.certificates.expiries.append(.init(path: "/gw.pem", days: 1))
    },
    Case(
      "a certificate that the daemon did not renew", .certificates, .warning, "expires in 1 day",
      next: "fieldgate status"
    ) {
      $0.certificates.expiries.append(.init(path: "/gw.pem", days: 1, isRenewed: true))
    },
    Case("a central that the daemon has not read of", .central, .problem, "does not know of it yet", next: "reload") {
      $0.central = PeerEvidence(address: "c:8443", state: "not configured")
    },
    Case("no ticket yet", .central, .problem, "not enrolled at c:8443", next: "fieldgate enroll TICKET") {
      $0.central = PeerEvidence(address: "c:8443", state: "not enrolled", detail: "x", reachability: .connected)
    },
    Case("a bad certificate that works", .certificates, .warning, "central: the key is open", next: "chmod 600 k") {
      $0.certificates.problems = ["central: the key is open: chmod 600 k"]
    },
    Case("a hidden key", .certificates, .notChecked, "may not read /k", next: "sudo") {
      $0.certificates.hidden = ["/k"]
    },
  ]

  @Test("Each trouble gives one finding with its next step", arguments: cases)
  func table(_ row: Case) throws {
    var evidence = Self.well
    row.change(&evidence)
    let diagnosis = Diagnosis(evidence)
    let found = diagnosis.findings.filter { $0.verdict != .ok }
    #expect(found.count == 1, "\(found)")
    let finding = try #require(found.first)
    #expect(finding.area == row.area && finding.verdict == row.verdict, "\(finding)")
    #expect(finding.text.contains(row.text), "\(finding)")
    #expect(finding.next?.contains(row.next) == true, "\(finding)")
    #expect(diagnosis.hasProblem == (row.verdict == .problem))
  }

  @Test("A gateway that is well has only ok findings, as text and as JSON")
  func good() {
    let diagnosis = Diagnosis(Self.well)
    #expect(diagnosis.findings.allSatisfy { $0.verdict == .ok && $0.next == nil }, "\(diagnosis.findings)")
    #expect(diagnosis.lines.last == "0 problems, 0 warnings, 7 ok, 0 not checked")
    #expect(diagnosis.json.hasPrefix(#"{"good":true,"problems":0,"warnings":0,"not_checked":0,"findings":[{"check":"#))
  }

  @Test("People read verdict, place, words, and the next step below")
  func text() {
    var evidence = Self.well
    evidence.disk?.lostSamples = 4
    evidence.daemon.answers = false
    let lines = Diagnosis(evidence).lines
    #expect(lines.contains("warning      disk: 4 samples were lost"))
    #expect(lines.contains("             next: why and when: fieldgate outbox"))
    #expect(lines.contains("PROBLEM      daemon: fieldgated does not run, so nothing is polled"))
  }

  @Test("Peers that are not configured, and an unknown configuration")
  func peers() {
    var evidence = Self.well
    evidence.broker = PeerEvidence()
    evidence.central = nil
    let findings = Diagnosis(evidence).findings
    #expect(findings.contains(Finding(.broker, .ok, "none is configured")))
    #expect(findings.contains(Finding(.central, .notChecked, "the configuration is not known")))
  }

  @Test("The certificate that ends first is named, and what the daemon renews in time is no trouble")
  func firstToEnd() {
    var seen = Evidence()
    seen.certificates.expiries = [
      .init(path: "/ca.pem", days: 3_650), .init(path: "/own.pem", days: 12, isRenewed: true, isDue: false),
    ]
    let finding = Diagnosis(seen).findings.first { $0.area == .certificates }
    #expect(finding?.verdict == .ok)
    #expect(finding?.text == "good; the first one to end is /own.pem, in 12 days; the daemon renews it before")
  }
}
