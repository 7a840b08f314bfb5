import Enrolment
import Telemetry

/// A ticket as it is pasted: whatever is read must be written and read again as the same.
enum TicketTarget {
  static func run(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let ticket = try? Ticket(text) else { return false }
    precondition((try? Ticket(ticket.text)) == ticket, "a ticket that changes when it is written")
    return true
  }

  static var seeds: [[UInt8]] {
    guard let root = Digest("sha256:" + String(repeating: "a5", count: 32)),
      let secret = EnrolmentSecret("7k2q-m4xw-97k2-qm4x-w97k-2qm4-xw")
    else {
      return []
    }
    let expires = Timestamp(milliseconds: 1_796_000_000_000)
    let plain = Ticket(
      gateway: "barn-7", url: "https://central.example:8443", root: root, secret: secret, expires: expires)
    let whole = Ticket(
      gateway: "barn-7", site: "North field", url: "https://[2001:db8::1]:8443", root: root, secret: secret,
      expires: expires, updateRoot: root)
    return [plain.text, whole.text, plain.text.uppercased(), "fieldgate ticket 1\n"].map { Array($0.utf8) }
  }
}
