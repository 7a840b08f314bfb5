import FieldgateTestKit
import Glibc
import LocalAPI
import Testing
import Threads

@Suite("The local socket", .serialized)
struct LocalSocketTests {
  @Test(
    "the group may use it whatever mask the service has, and others may not", arguments: [0o077, 0o027, 0] as [mode_t])
  func mode(mask: mode_t) throws {
    let temporary = try TemporaryDirectory("socket")
    let before = umask(mask)
    defer { umask(before) }
    let server = try LocalAPIServer(path: temporary("gateway.sock")) { _ in }
    defer { server.stop() }
    var status = stat()
    try #require(stat(temporary("gateway.sock"), &status) == 0)
    #expect(status.st_mode & 0o777 == 0o660)
    #expect(umask(mask) == mask, "the mask for other files is left alone")
  }

  @Test("nobody there: the advice names the commands that tell why")
  func missing() throws {
    let temporary = try TemporaryDirectory("socket")
    let error = #expect(throws: LocalAPIError.self) { _ = try LocalAPIClient(path: temporary("gateway.sock")) }
    let text = try #require(error).description
    for command in ["fieldgate check", "journalctl -u fieldgate -n 20", "systemctl start fieldgate"] {
      #expect(text.contains("'\(command)'"), "\(text)")
    }
  }

  @Test("the server knows whose program a client is, until it is gone")
  func peer() throws {
    let temporary = try TemporaryDirectory("socket")
    let events = Mailbox<LocalAPIServer.Event>(capacity: 8)
    let server = try LocalAPIServer(path: temporary("gateway.sock")) { events.send($0, always: true) }
    defer { server.stop() }
    var client: LocalAPIClient? = try LocalAPIClient(path: temporary("gateway.sock"))
    try client?.send("hello")
    let name = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(getuid())"
    guard case .line(let number, _)? = events.receive(timeout: .seconds(20)).first else {
      Issue.record("no line came")
      return
    }
    #expect(server.user(of: number) == name)
    client = nil
    guard case .closed(number)? = events.receive(timeout: .seconds(20)).first else {
      Issue.record("it is not gone")
      return
    }
    #expect(server.user(of: number) == nil)
    #expect(server.user(of: number + 1) == nil)
  }
}
