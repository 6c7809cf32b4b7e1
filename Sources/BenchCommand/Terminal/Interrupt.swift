internal import Foundation
internal import Synchronization

/// Ctrl-C and SIGTERM ask a running command to stop at the next safe place; the second one ends the process at once.
enum Interrupt {
    private static let count = Atomic<Int>(0)

    static func install() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in
                if Interrupt.count.add(1, ordering: .relaxed).newValue > 1 { _exit(130) }
            }
        }
    }

    static var requested: Bool { count.load(ordering: .relaxed) > 0 }
}
