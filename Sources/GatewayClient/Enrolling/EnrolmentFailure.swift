import Enrolment
import GatewayIdentity

/// Why `fieldgate enroll` did not do it: a word for programs, and what happened and what to do for people.
struct EnrolmentFailure: Error {
  var code: String
  var error: IdentityError

  init(_ code: String, _ message: String, next: String) {
    self.code = code
    error = IdentityError(message, next: next)
  }

  init(_ error: IdentityError) {
    code = "identity_files"
    self.error = error
  }

  init(_ failure: ESTFailure, url: String) {
    code = failure.code
    error = failure.error(url)
  }

  init(_ error: TicketError) {
    self.init("ticket_unreadable", "\(error)", next: "nothing was changed, and the ticket is not used up")
  }

  /// - Parameters:
  ///   - now: this box's clock, seconds since 1970.
  ///   - other: a better one, where it is known.
  static func clock(_ now: String, other: String?) -> Self {
    Self(
      "wrong_clock", "this box's clock is wrong: it shows \(now)" + (other.map { ", and central's \($0)" } ?? ""),
      next: "set it (timedatectl set-ntp true, or sudo date -s), then try again; the ticket is not used up")
  }
}
