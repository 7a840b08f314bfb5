import JSONText
import SQLiteCentralStore
import Telemetry

/// The output of `fieldgate-central verify`.
public enum VerifyReport {
  /// - Throws: when the store cannot be read at all.
  public static func make(directory: String, json: Bool) throws -> (text: String, isSound: Bool) {
    let found = try StoreVerification(directory: directory)
    return (json ? asJSON(found) : asText(found), found.problems.isEmpty)
  }

  private static func asText(_ found: StoreVerification) -> String {
    var lines = found.lanes.map {
      "\($0.gateway)  \($0.lane.name)  epoch \($0.epoch)  position \($0.position)  \($0.batches) batches  \($0.records) records"
    }
    lines += found.problems.map { "! \($0)" }
    lines.append(
      found.problems.isEmpty
        ? "sound: every batch from 1 to each lane's position is there once and can be read"
        : "\(found.problems.count) problems")
    return lines.joined(separator: "\n")
  }

  private static func asJSON(_ found: StoreVerification) -> String {
    JSONWriter.text { json in
      json.object { json in
        json.member("sound", found.problems.isEmpty)
        json.array("lanes") { json in
          for lane in found.lanes {
            json.object { json in
              json.member("gateway", lane.gateway)
              json.member("epoch", lane.epoch.description)
              json.member("lane", lane.lane.name)
              json.member("position", lane.position)
              json.member("batches", lane.batches)
              json.member("records", lane.records)
            }
          }
        }
        json.array("problems") { json in for problem in found.problems { json.string(problem) } }
      }
    }
  }
}
