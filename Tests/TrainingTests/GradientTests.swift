import Networks
import Testing
import Training

/// Gradients against central differences of the double-precision reference, on every instruction set.
@Suite struct GradientTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let network: Network
        var images = 3
        var threads = 2
        var labelSmoothing = 0.0
        var testDescription: String { name }
    }

    /// A network of one layer of interest, closed by a linear classifier.
    static func single(_ name: String, _ input: Shape, _ operation: Operation) -> Case {
        Case(
            name: "\(name) on \(input)",
            network: .test(input) {
                $0.append("node", operation)
                $0.append("fc", .fullyConnected(outputs: 5, activation: .none))
            })
    }

    static let cases: [Case] = {
        var cases: [Case] = []
        for (channels, outputs) in [(1, 5), (3, 17), (5, 64), (17, 3), (64, 35), (35, 130)] {
            for batchNorm in [false, true] {
                cases.append(
                    single(
                        "pointwise → \(outputs) \(batchNorm ? "batch norm" : "bias")", Shape(3, 4, channels),
                        .conv2d(Window(1), outChannels: outputs, activation: .relu6, batchNorm: batchNorm)))
            }
        }
        for channels in [1, 3, 5, 17, 64] {
            for window in [
                Window(3), Window(3, stride: 2), Window(5), Window(3, stride: 2, padding: .valid),
                Window(height: 2, width: 4, stride: 3, padding: .same),
            ] {
                cases.append(
                    single(
                        "depthwise \(window)", Shape(7, 6, channels),
                        .depthwiseConv2d(window, activation: .relu, batchNorm: channels != 3)))
            }
        }
        // A stride beyond the kernel leaves pixels that nothing reads.
        cases.append(
            single(
                "depthwise, stride 3, kernel 1", Shape(7, 7, 5),
                .depthwiseConv2d(Window(1, stride: 3), activation: .none, batchNorm: true)))
        for window in [Window(3), Window(3, stride: 2), Window(1, stride: 2), Window(5, stride: 2, padding: .valid)] {
            cases.append(
                single(
                    "conv \(window)", Shape(7, 8, 3),
                    .conv2d(window, outChannels: 9, activation: .relu6, batchNorm: true)))
        }
        // With 8 channels and more the windows are read in place.
        for (channels, outputs) in [(8, 5), (17, 9)] {
            for window in [
                Window(3), Window(3, stride: 2), Window(3, padding: .valid), Window(2, stride: 3),
                Window(height: 2, width: 4, stride: 1, padding: .same), Window(5, stride: 2, padding: .valid),
            ] {
                cases.append(
                    single(
                        "conv \(window) → \(outputs)", Shape(5, 6, channels),
                        .conv2d(window, outChannels: outputs, activation: .relu, batchNorm: channels == 8)))
            }
        }
        cases.append(
            single(
                "wide conv", Shape(3, 4, 40), .conv2d(Window(3), outChannels: 70, activation: .relu6, batchNorm: true)))
        for window in [Window(3, stride: 2), Window(2, stride: 2, padding: .valid), Window(3)] {
            cases.append(single("average pool \(window)", Shape(7, 6, 5), .averagePool(window)))
            for channels in [5, 19] {
                cases.append(single("max pool \(window)", Shape(7, 6, channels), .maxPool(window)))
            }
        }
        cases.append(single("reshape", Shape(2, 3, 4), .reshape(Shape(1, 1, 24))))
        cases.append(single("fully connected", Shape(2, 3, 7), .fullyConnected(outputs: 20, activation: .relu)))
        var smooth = single("label smoothing", Shape(1, 1, 9), .fullyConnected(outputs: 6, activation: .none))
        smooth.labelSmoothing = 0.2
        cases.append(smooth)
        cases.append(
            Case(
                name: "residual: add of a tensor read twice",
                network: .test(Shape(4, 5, 3)) {
                    let stem = $0.append(
                        "stem", .conv2d(Window(3), outChannels: 8, activation: .relu, batchNorm: true))
                    $0.append("a", .conv2d(Window(1), outChannels: 8, activation: .relu, batchNorm: true))
                    let b = $0.append("b", .depthwiseConv2d(Window(3), activation: .none, batchNorm: true))
                    $0.append("sum", .add(activation: .relu6), from: [stem, b])
                    $0.append("twice", .add(activation: .none), from: [$0.last, $0.last])
                    $0.append("pool", .averagePool(Window(2, stride: 2)))
                    $0.append("fc", .fullyConnected(outputs: 5, activation: .none))
                }))
        cases.append(
            Case(
                name: "residual block with projection",
                network: .test(Shape(6, 5, 3)) {
                    let stem = $0.append(
                        "stem", .conv2d(Window(3), outChannels: 8, activation: .relu, batchNorm: true))
                    $0.append("a", .conv2d(Window(3, stride: 2), outChannels: 12, activation: .relu, batchNorm: true))
                    let b = $0.append("b", .conv2d(Window(3), outChannels: 12, activation: .none, batchNorm: true))
                    let shortcut = $0.append(
                        "proj", .conv2d(Window(1, stride: 2), outChannels: 12, activation: .none, batchNorm: true),
                        from: [stem])
                    $0.append("sum", .add(activation: .relu), from: [b, shortcut])
                    $0.append("fc", .fullyConnected(outputs: 5, activation: .none))
                }))
        cases.append(
            Case(
                name: "inception block between pools",
                network: .test(Shape(7, 6, 2)) {
                    $0.append("stem", .conv2d(Window(3), outChannels: 9, activation: .relu6, batchNorm: true))
                    let entry = $0.append("down", .maxPool(Window(3, stride: 2)))
                    let a = $0.append("a", .conv2d(Window(1), outChannels: 8, activation: .relu6, batchNorm: true))
                    let b = $0.append(
                        "b", .conv2d(Window(3), outChannels: 9, activation: .relu6, batchNorm: true), from: [entry])
                    let c = $0.append(
                        "c", .conv2d(Window(3), outChannels: 8, activation: .relu6, batchNorm: true), from: [a])
                    let pooled = $0.append("pooled", .maxPool(Window(3)), from: [entry])
                    let d = $0.append(
                        "d", .conv2d(Window(1), outChannels: 3, activation: .relu6, batchNorm: true), from: [pooled])
                    $0.append("join", .concat, from: [a, b, c, d])
                    $0.append("pool", .averagePool(Window(3, padding: .valid)))
                    $0.append("fc", .fullyConnected(outputs: 5, activation: .none))
                }))
        cases.append(
            Case(
                name: "inception: concat of four branches",
                network: .test(Shape(5, 5, 3)) {
                    let stem = $0.append(
                        "stem", .conv2d(Window(3), outChannels: 5, activation: .relu, batchNorm: true))
                    let a = $0.append(
                        "a", .conv2d(Window(1), outChannels: 3, activation: .relu6, batchNorm: true), from: [stem])
                    let b = $0.append(
                        "b", .conv2d(Window(3), outChannels: 4, activation: .relu, batchNorm: true), from: [stem])
                    let c = $0.append("c", .maxPool(Window(3)), from: [stem])
                    $0.append("join", .concat, from: [a, b, c, stem])
                    $0.append("mix", .conv2d(Window(1), outChannels: 6, activation: .relu, batchNorm: true))
                    $0.append("fc", .fullyConnected(outputs: 5, activation: .none))
                }))
        var odd = Case(name: "small MobileNet, three threads, five images", network: .small(7, classes: 5))
        (odd.images, odd.threads) = (5, 3)
        cases.append(odd)
        return cases
    }()

    @Test(arguments: cases) func matchesCentralDifferences(_ test: Case) throws {
        var samples = Samples(UInt64(test.name.utf8.reduce(7) { ($0 &* 31 &+ UInt64($1)) & 0xFFFF }))
        let parameters = samples.parameters(test.network)
        let input = samples.array(test.images * test.network.input.count)
        let labels = (0..<test.images).map { UInt8(($0 * 3 + 1) % test.network.classes) }
        var reference = ReferenceNetwork(test.network, parameters)
        reference.labelSmoothing = test.labelSmoothing
        let wide = input.map(Double.init)

        for level in GradientProbe.levels {
            let probe = try GradientProbe(
                network: test.network, parameters: parameters, batch: test.images, threads: test.threads, level: level,
                labelSmoothing: test.labelSmoothing)
            let result = probe.run(input: input, labels: labels)
            #expect(abs(result.loss - reference.loss(wide, labels)) < 1e-5 * (1 + abs(result.loss)))
            for (i, logit) in reference.forward(wide, images: test.images).enumerated() {
                #expect(abs(Double(result.logits[i]) - logit) < 1e-4 * (1 + abs(logit)), "logit \(i), level \(level)")
            }
            for (name, gradient) in result.parameters.sorted(by: { $0.key < $1.key }) {
                Self.compare(gradient, "\(name), level \(level)") { index, step in
                    var moved = reference
                    moved.parameters[name]![index] += step
                    return moved.loss(wide, labels)
                }
            }
            Self.compare(result.input, "input, level \(level)") { index, step in
                var moved = wide
                moved[index] += step
                return reference.loss(moved, labels)
            }
        }
    }

    /// Holds up to 40 elements, spread over the gradient, against (L(+h) − L(−h))/2h. An element beside a kink of an
    /// activation shows two one-sided slopes and is passed over; a test must not pass over more than a tenth, or
    /// than `kinksAllowed` where there are few.
    static func compare(
        _ gradient: [Float], _ what: String, kinksAllowed: Int = 0, _ loss: (_ index: Int, _ step: Double) -> Double
    ) {
        let h = 1e-5
        let scale = gradient.reduce(0) { max($0, abs(Double($1))) }
        let spread = max(1, gradient.count / 40)
        var (checked, kinks) = (0, 0)
        for index in stride(from: 0, to: gradient.count, by: spread) {
            let (middle, up, down) = (loss(index, 0), loss(index, h), loss(index, -h))
            checked += 1
            if abs((up - middle) - (middle - down)) / h > 1e-3 * scale + 1e-6 {
                kinks += 1
                continue
            }
            let expected = (up - down) / (2 * h)
            #expect(
                abs(Double(gradient[index]) - expected) < 2e-4 * (scale + abs(expected)) + 1e-6,
                "\(what), element \(index): \(gradient[index]) instead of \(expected)")
        }
        #expect(kinks * 10 <= checked || kinks <= kinksAllowed, "\(what): \(kinks) of \(checked) elements lie at kinks")
    }

    @Test func movingStatisticsFollowTheFormula() throws {
        let network = Network.test(Shape(3, 3, 2)) {
            $0.append("node", .conv2d(Window(1), outChannels: 3, activation: .relu, batchNorm: true))
            $0.append("fc", .fullyConnected(outputs: 2, activation: .none))
        }
        var samples = Samples(3)
        let parameters = samples.parameters(network)
        // A mean far above the deviation: naive sums of squares would lose the variance.
        let input = samples.array(4 * 18).map { 1000 + $0 }
        let probe = try GradientProbe(network: network, parameters: parameters, batch: 4, threads: 2, level: 2)
        let updated = probe.run(input: input, labels: [0, 1, 0, 1]).updated
        let weight = parameters["node.weight"]!.values
        var z: [Double] = []
        for row in 0..<36 {
            for c in 0..<3 {
                let (left, right) = (input[row * 2] * weight[c * 2], input[row * 2 + 1] * weight[c * 2 + 1])
                z.append(Double(left + right))
            }
        }
        for c in 0..<3 {
            let (mean, variance) = ReferenceNetwork.statistics(z, 3, c)
            let oldMean = Double(parameters["node.bn.mean"]!.values[c])
            let oldVariance = Double(parameters["node.bn.variance"]!.values[c])
            let newMean = 0.9 * oldMean + 0.1 * mean
            let newVariance = 0.9 * oldVariance + 0.1 * variance * 36 / 35
            #expect(abs(Double(updated["node.bn.mean"]!.values[c]) - newMean) < 1e-3)
            #expect(abs(Double(updated["node.bn.variance"]!.values[c]) - newVariance) < 1e-3)
        }
    }
}
