import GatewayCore
import JSONText
import SerialSensors

extension SerialCounts {
  /// What came over a bus of serial lines: `serial` of a bus in `fieldgate status`.
  func write(to json: inout JSONWriter) {
    json.member("bytes", framer.bytes)
    json.member("lines", framer.lines)
    json.member("matched", matched)
    json.member("unmatched", unmatched)
    json.member("damaged", damaged)
    json.member("late", late)
    json.member("merged", merged)
    json.object("dropped") { json in
      json.member("too long", framer.tooLong)
      json.member("cut short", framer.cutShort)
      json.member("beginning missed", framer.joined)
      json.member("flood", framer.flooded)
    }
    json.member("newest_unmatched", ifPresent: newestUnmatched)
  }
}
