import Foundation
import Networks
import Testing
import Training

/// The detector's loss against one written anew in double precision, and its gradients against central differences of that.
@Suite struct DetectionLossTests {
    /// A stem and a head of two anchors at each of 4×4 places, three at each of 2×2.
    static let network: Network = {
        let sizes: [[DetectionHead.Size]] = [
            [.init(0.25, 0.25), .init(0.2, 0.5)], [.init(0.5, 0.5), .init(0.8, 0.4), .init(0.4, 0.8)],
        ]
        var network = Network.test(Shape(8, 8, 1)) {
            let stem = $0.append(
                "stem", .conv2d(Window(5, stride: 2), outChannels: 7, activation: .relu, batchNorm: true))
            let second = $0.append("dw", .depthwiseConv2d(Window(3, stride: 2), activation: .relu, batchNorm: true))
            var outputs: [Int] = []
            for (level, trunk) in [stem, second].enumerated() {
                for (name, values) in [("scores", 4), ("offsets", 4)] {
                    $0.append(
                        "\(name)_\(level)",
                        .conv2d(
                            Window(1), outChannels: sizes[level].count * values, activation: .none, batchNorm: false),
                        from: [trunk])
                    let flat = Shape(1, 1, $0.shape(of: $0.last).count)
                    outputs.append($0.append("flat_\(name)_\(level)", .reshape(flat)))
                }
            }
            $0.append("output", .concat, from: outputs)
        }
        network.head = DetectionHead(
            classes: 3,
            levels: [
                .init(rows: 4, columns: 4, sizes: sizes[0]), .init(rows: 2, columns: 2, sizes: sizes[1]),
            ])
        return network
    }()

    static func object(_ label: Int, _ edges: (Float, Float, Float, Float)) -> LabelledBox {
        LabelledBox(label: label, box: Box(left: edges.0, top: edges.1, right: edges.2, bottom: edges.3))
    }

    /// The text of `DetectionLoss`'s documentation, in double precision and plain loops.
    static func reference(_ output: [Double], _ objects: [LabelledBox]) -> Double {
        let head = network.head!
        func overlap(_ a: Box, _ b: Box) -> Double {
            let (left, right) = (Double(max(a.left, b.left)), Double(min(a.right, b.right)))
            let (top, bottom) = (Double(max(a.top, b.top)), Double(min(a.bottom, b.bottom)))
            let shared = max(0, right - left) * max(0, bottom - top)
            func area(_ box: Box) -> Double { Double(box.right - box.left) * Double(box.bottom - box.top) }
            return shared / (area(a) + area(b) - shared)
        }
        let overlaps = head.anchors.map { anchor in objects.map { overlap(anchor.box, $0.box) } }
        var owner = overlaps.map { row -> Int? in
            guard let most = row.max(), most >= 0.5 else { return nil }
            return row.firstIndex(of: most)
        }
        for object in objects.indices {
            let column = overlaps.map { $0[object] }
            owner[column.firstIndex(of: column.max()!)!] = object
        }
        func entropy(_ anchor: DetectionHead.Anchor, _ named: Int) -> Double {
            let scores = (0...head.classes).map { output[anchor.scores + $0] }
            return log(scores.reduce(0) { $0 + exp($1) }) - scores[named]
        }
        var (sum, positives, others) = (0.0, 0.0, [Double]())
        for (anchor, object) in zip(head.anchors, owner) {
            guard let object else {
                others.append(entropy(anchor, 0))
                continue
            }
            positives += 1
            sum += entropy(anchor, objects[object].label + 1)
            let box = objects[object].box
            let wanted = [
                (Double(box.left + box.right) / 2 - Double(anchor.centreX)) / (0.1 * Double(anchor.size.width)),
                (Double(box.top + box.bottom) / 2 - Double(anchor.centreY)) / (0.1 * Double(anchor.size.height)),
                log(Double(box.right - box.left) / Double(anchor.size.width)) / 0.2,
                log(Double(box.bottom - box.top) / Double(anchor.size.height)) / 0.2,
            ]
            for i in 0..<4 {
                let distance = abs(output[anchor.offsets + i] - wanted[i])
                sum += distance < 1 ? distance * distance / 2 : distance - 0.5
            }
        }
        let hardest = others.sorted(by: >).prefix(3 * max(1, Int(positives)))
        return (sum + hardest.reduce(0, +)) / max(1, positives)
    }

    static let objects: [[LabelledBox]] = [
        [object(0, (0.1, 0.1, 0.4, 0.35)), object(2, (0.45, 0.3, 0.95, 0.9))],
        [object(1, (0.05, 0.5, 0.9, 0.85))],
        [object(1, (0.0, 0.0, 0.25, 0.25)), object(0, (0.6, 0.05, 0.8, 0.6)), object(2, (0.1, 0.6, 0.3, 1.0))],
        [],
    ]

    @Test(arguments: [1, 3]) func matchesCentralDifferences(_ threads: Int) throws {
        var samples = Samples(UInt64(40 + threads))
        let parameters = samples.parameters(Self.network)
        let images = Self.objects.count
        let input = samples.array(images * 64)
        let wide = input.map(Double.init)
        let reference = ReferenceNetwork(Self.network, parameters)
        let outputs = Self.network.classes
        func loss(_ network: ReferenceNetwork, _ input: [Double]) -> Double {
            let output = network.forward(input, images: images)
            let losses = (0..<images).map {
                Self.reference(Array(output[$0 * outputs..<($0 + 1) * outputs]), Self.objects[$0])
            }
            return losses.reduce(0, +) / Double(images)
        }
        for level in GradientProbe.levels {
            let probe = try GradientProbe(
                network: Self.network, parameters: parameters, batch: images, threads: threads, level: level)
            let result = probe.run(input: input, targets: .objects(Self.objects))
            #expect(abs(result.loss - loss(reference, wide)) < 1e-5 * (1 + result.loss))
            for (name, gradient) in result.parameters.sorted(by: { $0.key < $1.key }) {
                GradientTests.compare(gradient, "\(name), level \(level)") { index, step in
                    var moved = reference
                    moved.parameters[name]![index] += step
                    return loss(moved, wide)
                }
            }
            GradientTests.compare(result.input, "input, level \(level)") { index, step in
                var moved = wide
                moved[index] += step
                return loss(reference, moved)
            }
        }
    }

    /// Nothing but zeros: every cross-entropy is ln 4, of one positive anchor and three others; the object is its anchor.
    @Test func ofNothingItIsTheLogarithmOfTheClasses() throws {
        var parameters = Parameters()
        for (name, shape, _) in Self.network.parameterShapes {
            parameters[name] = ParameterTensor(
                shape: shape, values: Array(repeating: name.hasSuffix("variance") ? 1 : 0, count: shape.reduce(1, *)))
        }
        let anchor = Self.network.head!.anchors[5].box
        let probe = try GradientProbe(
            network: Self.network, parameters: parameters, batch: 1, threads: 1, level: 0, isFrozen: true)
        let input = [Float](repeating: 0.5, count: 64)
        let exact = probe.run(input: input, targets: .objects([[LabelledBox(label: 1, box: anchor)]]))
        #expect(abs(exact.loss - 4 * log(4.0)) < 1e-5)
        // Twice as wide: overlap ½, t_w = ln 2/0.2 = 3.4657, smoothL1 2.9657.
        var wider = anchor
        (wider.left, wider.right) = (wider.left - 0.1, wider.right + 0.1)
        let result = probe.run(input: input, targets: .objects([[LabelledBox(label: 1, box: wider)]]))
        #expect(abs(result.loss - 4 * log(4.0) - 2.965736) < 1e-4, "\(result.loss)")
        // Three hardest of an empty image.
        #expect(abs(probe.run(input: input, targets: .objects([[]])).loss - 3 * log(4.0)) < 1e-5)
    }

    /// A bright square on noise: trained with mirrored images, the network finds it, so boxes are mirrored with them.
    @Test func aSquareIsFound() throws {
        let images = try Self.squares(256)
        let trainer = try Trainer(
            network: Self.network, images: images,
            options: TrainingOptions(epochs: 30, batchSize: 32, maxLearningRate: 0.05))
        let before = try trainer.evaluate(images)
        #expect(try trainer.run() == .finished)
        let after = try trainer.evaluate(images)
        #expect(after.loss < before.loss / 2, "\(before.loss) → \(after.loss)")
        #expect(after.accuracy > 0.8, "\(after.accuracy)")
    }

    @Test func resumingChangesNothing() throws {
        let images = try Self.squares(64)
        let options = TrainingOptions(epochs: 2, batchSize: 16, maxLearningRate: 0.05)
        let whole = try Trainer(network: Self.network, images: images, options: options)
        _ = try whole.run()
        let first = try Trainer(network: Self.network, images: images, options: options)
        var steps = 0
        #expect(
            try first.run(shouldStop: {
                steps += 1
                return steps == 3
            }) == .stopped)
        let second = try Trainer(network: Self.network, images: images, options: options, resuming: first.state)
        _ = try second.run()
        #expect(second.parameters == whole.parameters)
    }

    @Test func targetsMustFitTheNetwork() throws {
        func refusal(_ network: Network, _ targets: TrainingTargets, _ options: TrainingOptions = TrainingOptions())
            -> String
        {
            let pixels = [UInt8](repeating: 0, count: targets.count * 64)
            do {
                let images = try TrainingImages(pixels: pixels, targets: targets, height: 8, width: 8)
                _ = try Trainer(network: network, images: images, options: options)
                return "none"
            } catch { return "\(error)" }
        }
        let box = Self.object(0, (0, 0, 0.5, 0.5))
        #expect(refusal(Self.network, .objects([[box], []])) == "none")
        #expect(refusal(Self.network, .classes([0])).contains("learns from objects"))
        #expect(refusal(.small(8), .objects([[box]])).contains("learns from classes"))
        #expect(refusal(Self.network, .objects([[Self.object(3, (0, 0, 1, 1))]])).contains("label 3 in a network of 3"))
        #expect(refusal(Self.network, .objects([[Self.object(0, (0.5, 0, 0.5, 1))]])).contains("without an area"))
        #expect(
            refusal(Self.network, .objects([[box]]), TrainingOptions(labelSmoothing: 0.1))
                .contains("'labelSmoothing': a detector's loss has none"))
        for moved in [TrainingOptions(shift: 1), TrainingOptions(erasing: 0.5)] {
            #expect(refusal(Self.network, .objects([[box]]), moved).contains("a detector's scenes are only mirrored"))
        }
    }

    /// 8×8 images of noise with a square of 2 or 4 bright pixels' side, at a multiple of it; the larger ones are of class 1.
    private static func squares(_ count: Int) throws -> TrainingImages {
        var samples = Samples(11)
        var (pixels, objects): ([UInt8], [[LabelledBox]]) = ([], [])
        for image in 0..<count {
            let side = image % 2 == 0 ? 2 : 4
            func place() -> Int { Int((samples.next() + 1) / 2 * Float(8 / side)) * side }
            let (left, top) = (place(), place())
            for y in 0..<8 {
                for x in 0..<8 {
                    let isInside = left..<left + side ~= x && top..<top + side ~= y
                    pixels.append(UInt8((isInside ? 200 : 40) + 30 * samples.next()))
                }
            }
            let edges = (Float(left) / 8, Float(top) / 8, Float(left + side) / 8, Float(top + side) / 8)
            objects.append([object(side / 2 - 1, edges)])
        }
        return try TrainingImages(pixels: pixels, targets: .objects(objects), height: 8, width: 8)
    }
}
