import Foundation
import Testing

@Suite("Style")
struct StyleTests {
  struct Ban: Sendable {
    var text: String
    var instead: String
    var exceptIn: [String] = []
  }

  static let bans = [
    Ban(text: "fatalError(", instead: "throw, or precondition with what must hold"),
    Ban(text: "try!", instead: "do and catch"),
    Ban(text: " as! ", instead: "as? with an error"),
    Ban(text: "Thread.sleep", instead: "wait for a fact"),
    Ban(text: "TO" + "DO", instead: "an issue"),
    Ban(text: "FIX" + "ME", instead: "an issue"),
    Ban(text: "NSLock", instead: "Mutex"),
    Ban(text: "DispatchQueue", instead: "NamedThread and Mailbox"),
    Ban(
      text: "print(", instead: "a logger; programs may print",
      exceptIn: [
        "fieldgate", "fieldgated", "fieldgate-central", "fieldgate-simulate", "fieldgate-benchmark", "fieldgate-fleet",
        "FieldgateTestKit",
        "GatewayService",
      ]),
  ]

  @Test("No banned word stands in the sources", arguments: bans)
  func banned(_ ban: Ban) {
    for file in SourceTree.sources where !ban.exceptIn.contains(file.target) {
      for (index, line) in file.lines.enumerated() where line.contains(ban.text) {
        Issue.record("\(file.path):\(index + 1): '\(ban.text)': use \(ban.instead)")
      }
    }
  }

  @Test("Every promise to the compiler gives its reason on its line")
  func reasons() {
    for file in SourceTree.sources {
      for (index, line) in file.lines.enumerated() {
        guard line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") else { continue }
        let isComment = line.drop { $0 == " " }.hasPrefix("//")
        #expect(isComment || line.contains("// "), "\(file.path):\(index + 1): say why this is safe, on this line")
      }
    }
  }

  @Test("Things are named for what they are")
  func names() {
    for file in SourceTree.sources + SourceTree.tests {
      for word in ["Util", "Helper", "Manager", "Misc", "Common"] {
        let name = file.path.split(separator: "/").last.map(String.init) ?? ""
        #expect(!name.contains(word) || name.contains("CommonName"), "\(file.path): name the thing")
      }
    }
  }

  @Test("Files have at most 350 lines, lines 120 characters")
  func sizes() {
    for file in SourceTree.sources + SourceTree.tests {
      #expect(file.lines.count <= 351, "\(file.path) has \(file.lines.count) lines")
    }
    for file in SourceTree.documents {
      for (index, line) in file.lines.enumerated()
      where line.count > 125 && !line.hasPrefix("|") && !line.contains("](") {
        Issue.record("\(file.path):\(index + 1) has \(line.count) characters")
      }
    }
  }

  @Test("Functions have at most 70 lines")
  func functions() {
    for file in SourceTree.sources {
      var start: (line: Int, indent: Int)?
      for (index, line) in file.lines.enumerated() {
        let indent = line.prefix { $0 == " " }.count
        if let open = start, indent == open.indent, line.drop(while: { $0 == " " }).hasPrefix("}") {
          #expect(index - open.line <= 70, "\(file.path):\(open.line + 1): a function of \(index - open.line) lines")
          start = nil
        } else if start == nil, line.contains("func ") || line.contains(" init("), line.hasSuffix("{") {
          start = (index, indent)
        }
      }
    }
  }

  @Test("Documents speak of the project alone, and their links lead somewhere")
  func documents() throws {
    #expect(SourceTree.documents.count > 5)
    for file in SourceTree.documents {
      for word in ["/work/", "/home/", "/root/"] { #expect(!file.text.contains(word), "\(file.path) names \(word)") }
      let folder = SourceTree.root.appendingPathComponent(file.path).deletingLastPathComponent()
      for part in file.text.components(separatedBy: "](").dropFirst() {
        let target = String(part.prefix { $0 != ")" && $0 != "#" })
        guard !target.isEmpty, !target.contains("://") else { continue }
        #expect(
          FileManager.default.fileExists(atPath: folder.appendingPathComponent(target).path),
          "\(file.path): the link \(target) leads nowhere")
      }
    }
  }

  @Test("Tests that the threat model names exist")
  func namedTests() throws {
    let code = SourceTree.tests.map(\.text).joined(separator: "\n")
    var count = 0
    for file in SourceTree.documents where file.path == "docs/THREAT_MODEL.md" {
      for word in file.text.split(separator: "`", omittingEmptySubsequences: false) {
        let parts = word.split(separator: "/", omittingEmptySubsequences: false)
        guard let suite = parts.first, suite.hasSuffix("Tests"), parts.count <= 2,
          suite.utf8.allSatisfy({ $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") })
        else { continue }
        count += 1
        let isTarget = SourceTree.tests.contains { $0.target == suite }
        #expect(isTarget || code.contains("struct \(suite) {"), "\(file.path) names the suite \(suite)")
        if parts.count == 2 { #expect(code.contains("func \(parts[1])("), "\(file.path) names the test \(word)") }
      }
    }
    #expect(count > 30)
  }

  @Test("Scripts have at most 100 lines and stop at the first error")
  func scripts() throws {
    let folder = SourceTree.root.appendingPathComponent("Scripts")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    for name in names.sorted() {
      var isFolder: ObjCBool = false
      let path = folder.appendingPathComponent(name).path
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else { continue }
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      guard text.hasPrefix("#!/usr/bin/env bash") else { continue }
      #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 101, "Scripts/\(name) is too long")
      #expect(text.contains("set -euo pipefail") || text.contains("to source"), "Scripts/\(name) goes on after errors")
    }
  }
}
