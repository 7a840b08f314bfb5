import JSONText
import SyncProtocol

extension IngestAnswer {
  /// The body of the answer (`docs/formats/sync.md`).
  public var json: [UInt8] {
    JSONWriter.object { json in
      json.member("position", ifPresent: body.position)
      json.member("at", ifPresent: body.at)
      json.member("checksum", ifPresent: body.checksum)
      json.member("error", ifPresent: body.error?.rawValue)
      json.member("message", ifPresent: body.message)
      guard !commands.isEmpty else { return }
      json.array("commands") { json in for command in commands { json.object { command.write(to: &$0) } } }
    }
  }
}
