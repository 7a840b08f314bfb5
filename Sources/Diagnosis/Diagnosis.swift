import JSONText

/// What `fieldgate doctor` says of a gateway: verdicts that follow from the evidence alone.
public struct Diagnosis: Sendable {
  public let findings: [Finding]

  public init(_ evidence: Evidence) {
    findings =
      Self.configuration(evidence.configuration) + Self.daemon(evidence.daemon)
      + evidence.buses.flatMap { Self.bus($0, daemon: evidence.daemon) }
      + Self.broker(evidence.broker) + Self.central(evidence.central)
      + Self.certificates(evidence.certificates, central: evidence.central)
      + (evidence.disk.map(Self.disk) ?? []) + Self.clock(evidence.clock)
  }

  public func count(_ verdict: Verdict) -> Int { findings.count { $0.verdict == verdict } }

  public var hasProblem: Bool { count(.problem) > 0 }

  /// For people: the findings in the order of the checks, then their number.
  public var lines: [String] {
    let indent = String(repeating: " ", count: 13)
    var lines: [String] = []
    for finding in findings {
      let word = finding.verdict == .problem ? "PROBLEM" : finding.verdict.rawValue
      lines.append(word + indent.dropFirst(word.count) + "\(finding.place): \(finding.text)")
      if let next = finding.next { lines.append("\(indent)next: \(next)") }
    }
    return lines + [summary]
  }

  private var summary: String {
    let counts = [
      Self.number(count(.problem), "problem"), Self.number(count(.warning), "warning"), "\(count(.ok)) ok",
      "\(count(.notChecked)) not checked",
    ]
    return counts.joined(separator: ", ")
  }

  /// One object, for programs.
  public var json: String {
    JSONWriter.text { json in
      json.object { json in
        json.member("good", !hasProblem)
        json.member("problems", count(.problem))
        json.member("warnings", count(.warning))
        json.member("not_checked", count(.notChecked))
        json.array("findings") { json in
          for finding in findings {
            json.object { json in
              json.member("check", finding.area.rawValue)
              json.member("subject", ifPresent: finding.subject)
              json.member("verdict", finding.verdict.rawValue)
              json.member("text", finding.text)
              json.member("next", ifPresent: finding.next)
            }
          }
        }
      }
    }
  }

  static func number(_ count: Int, _ thing: String) -> String { "\(count) \(thing)\(count == 1 ? "" : "s")" }
}
