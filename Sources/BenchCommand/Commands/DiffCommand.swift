internal import ArgumentParser
internal import Foundation
internal import Networks
internal import QuantKernels
internal import Runner
internal import Suites

struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show the test images on which a network's float and integer form name different classes.",
        discussion: """
            Counts by class, then the images with both answers. A margin is the distance of the answer's logit from that of \
            the other form's answer: a large float margin is an answer that quantization has overturned, not a tie that it \
            has tipped.
            """)

    @Argument(help: "A network family that is trained here, such as fashion_mobilenet_v1.")
    var family: String
    @Option(help: "Depth multiplier, where the family has one (1.0).") var width: Double?
    @Option(help: "Pixels of the image's side.") var resolution: Int?
    @Option(help: "The integers, as suites write them: int8, w4c-a8, w4c-a8-qat.") var numerics = "int8"
    @Option(help: "test or train.") var split = "test"
    @Option(help: "Look at the first N images only.", transform: positive) var images: Int?
    @Option(help: "List at most this many images.", transform: positive) var list = 20
    @Option(help: "Highest instruction set: scalar, avx2, avxvnni, avx512, avx512vnni.") var isa: String?
    @Flag(help: "No progress line.") var noProgress = false

    func run() throws {
        guard let family = NetworkFamily.named(family) else {
            throw Failure(
                .usage,
                "unknown network '\(family)'; these are known: "
                    + NetworkFamily.all.map(\.name).joined(separator: ", "))
        }
        guard case .quantized(let numerics) = try Failure.wrap(.usage, { try Numerics(numerics) }) else {
            throw Failure(.usage, "--numerics f32: float is what the integers are compared with; write such as w8c-a8")
        }
        guard ["test", "train"].contains(split) else { throw Failure(.usage, "--split \(split): test or train") }
        let resolution = try family.checked(resolution: resolution)
        let width = try family.checked(width: width)
        let registry = try Environment.registry(isa: isa)
        Interrupt.install()
        let line = ProgressLine(enabled: !noProgress)
        let difference: ModelDifference?
        do {
            difference = try ModelDifference.measure(
                NetworkWorkload(family: family.name, width: family.hasWidth ? width : nil, resolution: resolution),
                numerics, split: split, limit: images,
                checkpoints: CheckpointStore(shareDirectory: Resources.shareDirectory), registry: registry
            ) { share in
                line.show("\(ProgressLine.bar(share, width: 12)) comparing")
                return !Interrupt.requested
            }
        } catch let error as RunnerError { throw Failure(error.status, error.message) }
        line.clear()
        guard let difference else { throw Failure(.interrupted, "interrupted") }
        print(DifferenceText(difference).text(list: list), terminator: "")
    }
}

/// A difference as text of at most 120 columns.
struct DifferenceText {
    private let difference: ModelDifference

    init(_ difference: ModelDifference) { self.difference = difference }

    /// - Parameter list: most images to list.
    func text(list: Int) -> String {
        let all = difference.classes
        func sum(_ part: (ModelDifference.ClassCount) -> Int) -> Int { all.reduce(0) { $0 + part($1) } }
        let images = sum(\.images)
        func percent(_ count: Int) -> String { String(format: "%.2f %%", 100 * Double(count) / Double(max(images, 1))) }
        let differing = sum(\.differing)
        var lines = [
            "\(difference.network), \(plural(images, "image")) of \(difference.dataset): f32 \(percent(sum(\.floatCorrect))), "
                + "\(difference.numerics) \(percent(sum(\.integerCorrect)))",
            "different classes on \(plural(differing, "image")) (\(percent(differing))): "
                + "\(sum(\.onlyFloatCorrect)) right in f32 only, \(sum(\.onlyIntegerCorrect)) right in integers only, "
                + "\(differing - sum(\.onlyFloatCorrect) - sum(\.onlyIntegerCorrect)) wrong in both",
            "",
        ]
        let heads = ["images", "f32 right", "integer right", "differing", "only f32", "only integer"]
        lines += table(
            ["class"] + heads,
            all.enumerated().map { index, row in
                ["\(index) \(row.name)"]
                    + [
                        row.images, row.floatCorrect, row.integerCorrect, row.differing, row.onlyFloatCorrect,
                        row.onlyIntegerCorrect,
                    ].map(String.init)
            }, textColumns: [0])
        guard differing > 0 else { return lines.map { $0 + "\n" }.joined() }
        lines.append("")
        lines += table(
            ["image", "label", "f32", "margin", "integer", "margin"],
            difference.differing.prefix(list).map { image in
                [
                    "\(image.index)", name(image.label), name(image.floatClass),
                    String(format: "%.2f", image.floatMargin),
                    name(image.integerClass), String(format: "%.2f", image.integerMargin),
                ]
            }, textColumns: [1, 2, 4])
        if differing > list {
            lines.append("and \(differing - list) with smaller margins: --list \(differing) shows them")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func name(_ label: Int) -> String { "\(label) \(difference.classes[label].name)" }

    private func table(_ heads: [String], _ rows: [[String]], textColumns: Set<Int>) -> [String] {
        let widths = heads.indices.map { column in ([heads] + rows).map { $0[column].count }.max()! }
        return ([heads] + rows).map { row in
            let cells = row.enumerated().map { column, cell in
                let pad = String(repeating: " ", count: widths[column] - cell.count)
                return textColumns.contains(column) ? cell + pad : pad + cell
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
