public import CentralCore
public import Enrolment
import JSONText
import QRCode
import Telemetry

/// A ticket as `ticket create` prints it.
public enum TicketText {
  /// The ticket alone, so that it can go into a file as it is; or an object that holds it.
  public static func make(_ ticket: Ticket, _ record: TicketRecord, json: Bool) -> String {
    guard json else { return ticket.text }
    return JSONWriter.text { json in
      json.object { json in
        record.write(to: &json, now: record.created)
        json.member("ticket", ticket.text)
      }
    } + "\n"
  }

  /// - Throws: when it is too long for a QR code.
  public static func terminalCode(_ ticket: Ticket) throws -> String { try QRCode(ticket.text).terminalText }

  public static func writePicture(_ ticket: Ticket, _ path: String) throws { try QRCode(ticket.text).writePNG(path) }
}
