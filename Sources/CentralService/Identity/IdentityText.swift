public import CentralCore
public import JSONText
public import Telemetry

/// What the operator's commands print: for people, or as one JSON object.
public enum IdentityText {
  /// Until when something is good, without the fraction of a second.
  static func time(_ time: Timestamp) -> String { String(time.iso8601.prefix(19)) + "Z" }

  static func time(seconds: Int64) -> String { time(Timestamp(milliseconds: seconds * 1_000)) }

  /// Columns as wide as their widest cell, two spaces between.
  static func table(_ head: [String], _ rows: [[String]]) -> String {
    let all = [head] + rows
    let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      var line = ""
      for (cell, width) in zip(row, widths) { line += cell + String(repeating: " ", count: width - cell.count + 2) }
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  private static func object(_ body: (inout JSONWriter) -> Void) -> String {
    JSONWriter.text { $0.object(body) }
  }

  public static func tickets(_ tickets: [TicketRecord], json: Bool, now: Timestamp) -> String {
    if json {
      return object { json in
        json.array("tickets") { json in for ticket in tickets { json.object { ticket.write(to: &$0, now: now) } } }
      }
    }
    guard !tickets.isEmpty else { return "no tickets; make one with: fieldgate-central ticket create GATEWAY" }
    return table(
      ["NUMBER", "GATEWAY", "SITE", "STATE", "UNTIL", "MADE BY"],
      tickets.map {
        [
          "\($0.number)", $0.gateway, $0.site ?? "-", $0.state(now: now), time($0.expires), $0.createdBy,
        ]
      })
  }

  /// - Parameter late: sites and until when their gateways may renew late; past ones are left out.
  public static func gateways(
    _ gateways: [FleetMember], late: [(site: String, until: Timestamp)], json: Bool, now: Timestamp
  ) -> String {
    let open = late.filter { $0.until > now }
    if json {
      return object { json in
        json.array("gateways") { json in for gateway in gateways { json.object { gateway.write(to: &$0) } } }
        json.array("late_renewal") { json in
          for site in open {
            json.object { json in
              json.member("site", site.site)
              json.member("until", site.until.iso8601)
            }
          }
        }
      }
    }
    guard !gateways.isEmpty else {
      return "no gateway is enrolled; make a ticket with: fieldgate-central ticket create GATEWAY"
    }
    let rows = gateways.map { gateway -> [String] in
      let current = gateway.record.certificates.first { $0.standing == .current }
      return [
        gateway.record.name, gateway.record.site ?? "-", gateway.record.standing.rawValue,
        current.map { time(seconds: $0.notAfter) } ?? "none", gateway.lastSeen.map { time($0) } ?? "never",
      ]
    }
    let notes =
      gateways.flatMap { gateway in gateway.notes(now: now).map { "! \(gateway.record.name): \($0)" } }
      + open.map { "! site \($0.site): late renewal is open until \(time($0.until))" }
    return ([table(["GATEWAY", "SITE", "STATE", "CERTIFICATE UNTIL", "LAST SEEN"], rows)] + notes)
      .joined(separator: "\n")
  }

  public static func gateway(_ gateway: FleetMember, json: Bool, now: Timestamp) -> String {
    if json { return object { gateway.write(to: &$0) } }
    var lines = [
      "gateway \(gateway.record.name)", "site     \(gateway.record.site ?? "-")",
      "state    \(gateway.record.standing.rawValue) since \(time(gateway.record.since)), by \(gateway.record.by)",
      "seen     \(gateway.lastSeen.map { time($0) } ?? "never")",
    ]
    lines += gateway.record.certificates.map {
      "\($0.standing.rawValue.padded(8)) serial \($0.serial), \(time(seconds: $0.notBefore)) to "
        + "\(time(seconds: $0.notAfter)), by \($0.source.rawValue)"
    }
    return (lines + gateway.notes(now: now).map { "! \($0)" }).joined(separator: "\n")
  }

  public static func operators(_ operators: [OperatorRecord], json: Bool) -> String {
    if json {
      return object { json in
        json.array("operators") { json in for person in operators { json.object { person.write(to: &$0) } } }
      }
    }
    guard !operators.isEmpty else {
      return "no operators; make the first with: fieldgate-central operator add NAME --role administrator"
    }
    return table(
      ["NAME", "ROLE", "PASSWORD", "SINCE"],
      operators.map { [$0.name, $0.role.rawValue, $0.hasPassword ? "yes" : "no", time($0.created)] })
  }

  public static func tokens(_ tokens: [TokenRecord], json: Bool, now: Timestamp) -> String {
    if json {
      return object { json in
        json.array("tokens") { json in for token in tokens { json.object { token.write(to: &$0, now: now) } } }
      }
    }
    guard !tokens.isEmpty else { return "no tokens" }
    return table(
      ["NUMBER", "OPERATOR", "FOR", "STATE", "UNTIL"],
      tokens.map {
        ["\($0.number)", $0.owner, $0.label, $0.state(now: now), $0.expires.map { time($0) } ?? "no end"]
      })
  }

  /// A token that was just made, with its secret.
  public static func token(_ token: String, _ record: TokenRecord) -> String {
    object { json in
      record.write(to: &json, now: record.created)
      json.member("token", token)
    }
  }

  public static func audit(_ entries: [AuditEntry], about subject: String? = nil, json: Bool) -> String {
    if json {
      return object { json in
        json.array("entries") { json in for entry in entries { json.object { entry.write(to: &$0) } } }
      }
    }
    guard !entries.isEmpty else { return "nothing is recorded\(subject.map { " about '\($0)'" } ?? "")" }
    return entries.reversed().map {
      "\($0.number)  \(time($0.time))  \($0.who)  \($0.action)  \($0.subject)\($0.detail.isEmpty ? "" : "  (\($0.detail))")"
    }.joined(separator: "\n")
  }
}

extension String {
  func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
