import GatewayService
import Glibc

exit(await GatewayDaemon.main(Array(CommandLine.arguments.dropFirst())))
