/// A part of the sums of a float product: some steps of the window, or some depth of one step. A panel of weights that is too long for
/// the second-level cache is read piece by piece, so that each piece stays there while a block's rows pass over it; the sums wait in
/// the output meanwhile, unrounded, as they would have been in registers.
struct DepthPiece: Sendable {
    let steps: Range<Int>
    let depth: Range<Int>
    let isFirst: Bool
    let isLast: Bool

    /// Elements of depth, those of all its steps.
    var length: Int { steps.count * depth.count }

    /// - Parameters:
    ///   - steps: of the window.
    ///   - depth: elements of a step.
    ///   - bytes: weights of a panel for one element of depth.
    static func pieces(steps: Int, depth: Int, bytes: Int) -> [DepthPiece] {
        // Whole steps where several fit; otherwise every step is divided.
        let fitting = longest / max(1, depth * bytes)
        let groups = fitting == 0 ? steps : (steps + fitting - 1) / fitting
        let parts = fitting == 0 ? (depth * bytes + longest - 1) / longest : 1
        return (0..<groups * parts).map { index in
            DepthPiece(
                steps: Operator.share(steps, part: index / parts, of: groups),
                depth: Operator.share(depth, part: index % parts, of: parts), isFirst: index == 0,
                isLast: index == groups * parts - 1)
        }
    }

    /// A quarter of a second-level cache of 1 MiB.
    private static let longest = 256 << 10
}
