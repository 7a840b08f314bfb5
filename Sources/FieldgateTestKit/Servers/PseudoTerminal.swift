import CLinux
import Glibc

/// A serial line without hardware: a pseudo-terminal in raw mode, with a symbolic link to the end that a client opens.
///
/// The kernel keeps a pseudo-terminal at 8 data bits without parity, whatever a client sets.
struct PseudoTerminal {
  /// Our end, not blocking.
  let descriptor: Int32
  /// The client's end, kept open so that the line does not hang up between two clients.
  private let client: Int32
  private let link: String

  /// - Parameter link: path of the symbolic link; an existing link is replaced, anything else there is an error.
  /// - Throws: ``TestKitError`` when the line or the link cannot be made.
  static func open(link: String) throws -> Self {
    var ends: (ours: Int32, client: Int32) = (-1, -1)
    var name = [CChar](repeating: 0, count: 128)
    guard openpty(&ends.ours, &ends.client, &name, nil, nil) == 0 else {
      throw TestKitError("cannot open a pseudo-terminal: \(errorText())")
    }
    var settings = termios()
    tcgetattr(ends.client, &settings)
    cfmakeraw(&settings)
    tcsetattr(ends.client, TCSANOW, &settings)
    for descriptor in [ends.ours, ends.client] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends.ours, F_SETFL, O_NONBLOCK)
    let device = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    do {
      try makeLink(link, to: device)
    } catch {
      close(ends.ours)
      close(ends.client)
      throw error
    }
    return Self(descriptor: ends.ours, client: ends.client, link: link)
  }

  /// Makes the new link beside the old one and moves it over it: there is always one to open.
  private static func makeLink(_ link: String, to device: String) throws {
    var status = stat()
    if lstat(link, &status) == 0, status.st_mode & S_IFMT != S_IFLNK {
      throw TestKitError("\(link) exists and is no symbolic link; choose another path for the serial line")
    }
    let new = "\(link).\(getpid()).new"
    guard symlink(device, new) == 0, rename(new, link) == 0 else {
      let cause = errorText()
      unlink(new)
      throw TestKitError("cannot make the link \(link): \(cause); its directory must exist and be writable")
    }
  }

  /// Pulls the plug: a client that has the line open sees it hang up.
  func hangUp() {
    close(descriptor)
    close(client)
  }

  /// Hangs up and removes the link.
  func remove() {
    hangUp()
    unlink(link)
  }
}
