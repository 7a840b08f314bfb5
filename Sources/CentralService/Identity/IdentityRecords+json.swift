import CentralCore
import JSONText
import Telemetry

extension TicketRecord {
  func write(to json: inout JSONWriter, now: Timestamp) {
    json.member("number", Int(number))
    json.member("gateway", gateway)
    json.member("site", ifPresent: site)
    json.member("state", state(now: now))
    json.member("created", created.iso8601)
    json.member("created_by", createdBy)
    json.member("expires", expires.iso8601)
    json.member("used", ifPresent: used?.iso8601)
    json.member("serial", ifPresent: serial)
  }
}

extension CertificateRecord {
  func write(to json: inout JSONWriter) {
    json.member("serial", serial)
    json.member("state", standing.rawValue)
    json.member("source", source.rawValue)
    json.member("not_before", IdentityText.time(seconds: notBefore))
    json.member("not_after", IdentityText.time(seconds: notAfter))
    json.member("issued", issued.iso8601)
  }
}

extension FleetMember {
  func write(to json: inout JSONWriter) {
    json.member("name", record.name)
    json.member("site", ifPresent: record.site)
    json.member("state", record.standing.rawValue)
    json.member("since", record.since.iso8601)
    json.member("by", record.by)
    json.member("last_seen", ifPresent: lastSeen?.iso8601)
    json.member("renewed_late", ifPresent: record.renewedLate?.iso8601)
    json.array("certificates") { json in
      for certificate in record.certificates { json.object { certificate.write(to: &$0) } }
    }
    json.array("copies") { json in
      for copy in copies {
        json.object { json in
          json.array("epochs") { json in for span in [copy.first, copy.second] { json.string("\(span.epoch)") } }
          json.member("from", copy.from.iso8601)
          json.member("to", copy.to.iso8601)
        }
      }
    }
  }
}

extension OperatorRecord {
  func write(to json: inout JSONWriter) {
    json.member("name", name)
    json.member("role", role.rawValue)
    json.member("password", hasPassword)
    json.member("created", created.iso8601)
  }
}

extension TokenRecord {
  func write(to json: inout JSONWriter, now: Timestamp) {
    json.member("number", Int(number))
    json.member("operator", owner)
    json.member("label", label)
    json.member("state", state(now: now))
    json.member("created", created.iso8601)
    json.member("expires", ifPresent: expires?.iso8601)
  }
}

extension AuditEntry {
  func write(to json: inout JSONWriter) {
    json.member("number", Int(number))
    json.member("time", time.iso8601)
    json.member("who", who)
    json.member("action", action)
    json.member("subject", subject)
    json.member("detail", detail)
  }
}
