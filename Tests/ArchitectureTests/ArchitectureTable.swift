import Foundation

/// The table of targets in docs/architecture.md.
struct ArchitectureTable {
    struct Target: Equatable {
        var floor: Int
        var imports: Set<String>
    }

    var targets: [String: Target]

    var names: Set<String> { Set(targets.keys) }

    /// Reads the rows `| floor | target | what it is | imports |` of a Markdown text: those whose first column is a number.
    init(markdown: String) {
        targets = [:]
        for line in markdown.split(separator: "\n") {
            let columns = line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard columns.count == 6, let floor = Int(columns[1]), let name = codeWords(columns[2]).first else {
                continue
            }
            targets[name] = Target(floor: floor, imports: Set(codeWords(columns[4])))
        }
    }

    /// The arrow in words if `target` may not import `module`; nil if it may, or if the module is not ours.
    func violation(_ target: String, imports module: String) -> String? {
        guard targets[module] != nil, module != target, targets[target]?.imports.contains(module) != true else {
            return nil
        }
        return "\(target) → \(module)"
    }
}

/// The words in backticks.
private func codeWords(_ text: String) -> [String] {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
        .map { String($0.element) }
}
