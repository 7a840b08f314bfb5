import Glibc

/// Root does what belongs to another user as that user: files then have the right owner from their first moment, and links
/// that the service's user may have laid lead root nowhere.
public enum OwnerRights {
  /// Makes the parent directory of `path` where it is missing, for the service's user, and calls `body` with the rights of its
  /// owner.
  public static func asOwner<Value>(of path: String, serviceUser: String, _ body: () throws -> Value) throws -> Value {
    let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    return try asOwner(ofDirectory: parent, serviceUser: serviceUser, body)
  }

  /// The same for a directory itself.
  public static func asOwner<Value>(
    ofDirectory directory: String, serviceUser: String, _ body: () throws -> Value
  ) throws -> Value {
    guard geteuid() == 0 else {
      mkdir(directory, 0o700)
      return try body()
    }
    var status = stat()
    if stat(directory, &status) != 0 {
      guard mkdir(directory, 0o700) == 0 else { return try body() }
      if let user = getpwnam(serviceUser)?.pointee { chown(directory, user.pw_uid, user.pw_gid) }
      guard stat(directory, &status) == 0 else { return try body() }
    }
    guard status.st_uid != 0 else { return try body() }
    setegid(status.st_gid)
    seteuid(status.st_uid)
    defer {
      seteuid(0)
      setegid(getgid())
    }
    return try body()
  }
}
