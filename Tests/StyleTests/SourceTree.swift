import Foundation
import Testing

/// The repository as text.
enum SourceTree {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  struct File: Sendable, CustomTestStringConvertible {
    /// From the repository's root.
    var path: String
    var text: String
    var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
    var testDescription: String { path }
    /// `Sources/TARGET/…`
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
  }

  /// Files below a folder whose names end so, hidden folders left out.
  static func files(_ folder: String, _ suffixes: String...) -> [File] {
    let base = root.appendingPathComponent(folder)
    guard let paths = FileManager.default.subpaths(atPath: base.path) else { return [] }
    return paths.sorted().compactMap { path in
      guard suffixes.contains(where: { path.hasSuffix($0) }),
        !path.split(separator: "/").contains(where: { $0.hasPrefix(".") })
      else { return nil }
      guard let text = try? String(contentsOf: base.appendingPathComponent(path), encoding: .utf8) else { return nil }
      return File(path: folder.isEmpty ? path : folder + "/" + path, text: text)
    }
  }

  static let sources = files("Sources", ".swift")
  static let tests = files("Tests", ".swift")
  static let documents = files("docs", ".md") + files("Sources", ".md") + topLevelDocuments

  private static let topLevelDocuments: [File] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.sorted().filter { $0.hasSuffix(".md") }.compactMap { name in
      (try? String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)).map { File(path: name, text: $0) }
    }
  }()

  static func read(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }
}
