public import GatewayConfiguration
import Glibc

/// Profiles on disk: one file each, `NAME.yaml`.
public enum ProfileFolders {
  /// The site's own come first and replace those that are installed.
  public static let usual = ["/etc/fieldgate/profiles", "/usr/share/fieldgate/profiles"]
  static let maximumFiles = 4_096

  /// - Parameter folders: searched in this order; those that do not exist are passed over. The environment's
  ///   `FIELDGATE_PROFILES` (folders with `:` between) stands for the usual ones.
  public static func shelf(_ folders: [String]? = nil) -> ProfileShelf {
    let folders =
      folders ?? getenv("FIELDGATE_PROFILES").map { String(cString: $0).split(separator: ":").map(String.init) }
      ?? usual
    let names = Set(folders.flatMap(names(in:))).sorted()
    return ProfileShelf(names: names) { name in
      // A name is no path: nothing outside the folders is ever read.
      guard names.contains(name) else { return nil }
      for folder in folders {
        let path = "\(folder)/\(name).yaml"
        guard access(path, F_OK) == 0 else { continue }
        return ProfileShelf.File(path: path, root: ConfigurationFile.tree(path: path))
      }
      return nil
    }
  }

  private static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while names.count < maximumFiles, let entry = readdir(directory) {
      let name = withUnsafePointer(to: entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".yaml"), name.count > 5 { names.append(String(name.dropLast(5))) }
    }
    return names
  }
}
