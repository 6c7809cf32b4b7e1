internal import CKnownWork

/// Loops that touch no memory.
extension KnownWork {
    /// Instructions, loads and branches are counted as they retire, so the count is exact but for what starting and stopping
    /// the counter adds: system calls return to user mode within the counted region.
    static let exact = -0.0001...0.01
    static let readingSlack = 20_000.0

    /// Whether the loops are assembly, so that their instructions are known.
    package static var isExact: Bool { KW_IS_EXACT != 0 }

    /// Instructions and branches of a loop; none where the compiler chose them.
    static func retired(instructions: Double, branches: Double) -> [KnownCount] {
        guard isExact else { return [] }
        return [
            .count(.instructions, instructions, within: exact, slack: readingSlack),
            .count(.branches, branches, within: exact, slack: readingSlack),
        ]
    }

    static var nothing: KnownWork {
        KnownWork(
            name: "nothing", title: "nothing: what starting and stopping count", operation: "run", operations: 1,
            counts: [
                .count(.instructions, 0, slack: readingSlack), .count(.cycles, 0, slack: 10 * readingSlack),
                .count(.pageFaults, 0, slack: 3), .count(.macs, 0),
            ], run: {})
    }

    /// Each addition needs the one before and takes one cycle.
    static var additions: KnownWork {
        let blocks: UInt64 = 1 << 18
        let additions = Double(blocks) * Double(KW_ADDITIONS)
        return KnownWork(
            name: "additions", title: "dependent additions", operation: "addition", operations: additions,
            counts: retired(
                instructions: Double(blocks) * Double(KW_ADDITIONS_INSTRUCTIONS), branches: Double(blocks)) + [
                    .count(.cycles, additions, within: -0.01...0.1, slack: readingSlack),
                    .count(.mispredictions, 0, slack: Double(blocks) / 500),
                    .count(.migrations, 0), .threadTime(.taskClock),
                ],
            run: { _ = kw_additions(blocks, 1) })
    }

    /// Every other one is predicted wrongly: more than half only if the predictor does worse than chance.
    static var branches: KnownWork {
        let blocks: UInt64 = 1 << 20
        let seed: UInt64 = 0x9e37_79b9_7f4a_7c15
        var state = seed
        let fallen = Double(kw_branches(blocks, &state))
        let count = Double(blocks)
        return KnownWork(
            name: "branches", title: "unpredictable branches", operation: "branch", operations: count,
            counts: retired(
                instructions: count * Double(KW_BRANCHES_INSTRUCTIONS) + fallen,
                branches: count * Double(KW_BRANCHES_BRANCHES)) + [
                    .count(.mispredictions, count / 2, within: -0.2...0.2)
                ],
            run: {
                var state = seed
                _ = kw_branches(blocks, &state)
            })
    }

    static var dotProducts: KnownWork {
        let blocks: UInt64 = 1 << 18
        let count = Double(blocks) * Double(KW_DOT_PRODUCTS)
        return KnownWork(
            name: "dot_products",
            title: "\(String(cString: kw_dot_product_name())), \(kw_dot_product_macs()) MACs each",
            operation: "instruction", operations: count,
            counts: retired(
                instructions: Double(blocks) * Double(KW_DOT_PRODUCTS_INSTRUCTIONS), branches: Double(blocks)),
            run: { kw_dot_products(blocks) })
    }
}
