extension SuiteDecoder {
    /// The keys that say what a case computes; it has exactly one of them.
    private static let kinds = ["network", "gemm", "layer"]

    mutating func decodeCase(_ value: JSONValue) -> SuiteCase? {
        guard case .object(let members) = value.content else {
            refuse(value, "must be an object with the key network, gemm or layer")
            return nil
        }
        let kinds = members.map(\.key).filter(Self.kinds.contains)
        guard kinds.count == 1 else {
            reportKinds(kinds, of: value)
            return nil
        }
        let known: [String]
        let workloads: [Workload]?
        switch kinds[0] {
        case "network":
            known = ["network", "width", "resolution", "numerics", "threads", "batch"] + Self.methodAxes
            workloads = decodeNetworks(value)
        case "gemm":
            known = ["gemm", "numerics", "threads"]
            workloads = decodeGemms(value)
        default:
            known = ["layer", "numerics", "threads", "batch"]
            workloads = decodeLayers(value)
        }
        _ = checkObject(value, known: known, what: "a \(kinds[0]) case")
        var numerics = required("numerics", of: value, example: "[\"f32\", \"int8\"]")
            .flatMap { list($0) { $0.decodeNumerics($1) } }
        if kinds[0] == "network" {
            numerics = applyMethodAxes(of: value, to: numerics ?? []).flatMap { numerics == nil ? nil : $0 }
        } else {
            refuseMethods(numerics ?? [], of: value, kind: kinds[0])
        }
        let threads = axis("threads", of: value, default: 1) { $0.whole($1, in: 1...1024) }
        let batch = axis("batch", of: value, default: 1) { $0.whole($1, in: 1...65_536) }
        guard let workloads, let numerics, let threads, let batch else { return nil }
        return SuiteCase(
            workloads: workloads, numerics: numerics, threads: threads, batch: batch, position: value.position)
    }

    private mutating func reportKinds(_ kinds: [String], of value: JSONValue) {
        if kinds.count > 1 {
            report("a case has one of the keys \(kinds.joined(separator: " and ")); make two cases of it", at: value)
            return
        }
        let count = problems.count
        let known = Self.kinds + ["width", "resolution", "numerics", "threads", "batch"] + Self.methodAxes
        _ = checkObject(value, known: known, what: "a case")
        // An unknown key is probably the misspelled kind: one message is enough.
        if problems.count == count { report("a case needs one of the keys network, gemm and layer", at: value) }
    }

    // MARK: Workloads

    private mutating func decodeNetworks(_ value: JSONValue) -> [Workload]? {
        guard let node = value["network"], let family = string(node, example: "mobilenet_v1") else { return nil }
        guard let axes = catalogue.networks[family] else {
            refuse(node, "no such network; \(suggestion(for: family, among: catalogue.networks.keys.sorted()))")
            return nil
        }
        var widths: [Double?]? = [axes.hasWidth ? 1.0 : nil]
        if let width = value["width"] {
            if axes.hasWidth {
                widths = list(width) { $0.positive($1, atMost: 4) }
            } else {
                report("width: network '\(family)' has none; leave it out", at: width)
                widths = nil
            }
        }
        let resolutions = axis("resolution", of: value, default: axes.defaultResolution) {
            $0.whole(
                $1, in: axes.minimumResolution...4096,
                rule: "must be a whole number from \(axes.minimumResolution) to 4096 for network '\(family)'")
        }
        guard let widths, let resolutions else { return nil }
        return widths.flatMap { width in
            resolutions.map { .network(NetworkWorkload(family: family, width: width, resolution: $0)) }
        }
    }

    private mutating func decodeGemms(_ value: JSONValue) -> [Workload]? {
        guard let node = value["gemm"] else { return nil }
        let rule = "must be a list of [M, N, K], such as [[1024, 1024, 1024]]"
        guard case .array(let elements) = node.content, let first = elements.first else {
            refuse(node, rule)
            return nil
        }
        // [M, N, K] itself stands for a list of one.
        if case .number = first.content { return decodeGemm(node).map { [$0] } }
        return list(node) { $0.decodeGemm($1) }
    }

    private mutating func decodeGemm(_ value: JSONValue) -> Workload? {
        guard case .array(let sizes) = value.content, sizes.count == 3 else {
            refuse(value, "must be three whole numbers [M, N, K]")
            return nil
        }
        let numbers = sizes.compactMap { whole($0, in: 1...1_048_576) }
        guard numbers.count == 3 else { return nil }
        return .gemm(GemmWorkload(m: numbers[0], n: numbers[1], k: numbers[2]))
    }

    private mutating func decodeLayers(_ value: JSONValue) -> [Workload]? {
        value["layer"].flatMap { list($0) { $0.decodeLayer($1) } }
    }

    private mutating func decodeLayer(_ value: JSONValue) -> Workload? {
        guard checkObject(value, known: ["op", "h", "c_in", "k", "s", "c_out"], what: "a layer") else { return nil }
        let operation = required("op", of: value, example: "\"conv2d\"")
            .flatMap { choice($0, LayerWorkload.Operation.self) }
        let height = required("h", of: value, example: "56").flatMap { whole($0, in: 1...4096) }
        let inputs = required("c_in", of: value, example: "64").flatMap { whole($0, in: 1...65_536) }
        let kernel = required("k", of: value, example: "3").flatMap { whole($0, in: 1...64) }
        let stride = value["s"].map { whole($0, in: 1...64) } ?? 1
        // A depthwise layer has as many outputs as inputs, so it may leave them out.
        let outputs: Int?
        if operation == .depthwise, value["c_out"] == nil {
            outputs = inputs
        } else {
            outputs = required("c_out", of: value, example: "64").flatMap { whole($0, in: 1...65_536) }
        }
        guard let operation, let height, let inputs, let kernel, let stride, let outputs else { return nil }
        if operation == .depthwise, outputs != inputs, let node = value["c_out"] {
            refuse(node, "must equal c_in, \(inputs), in a depthwise layer; or leave it out")
            return nil
        }
        return .layer(
            LayerWorkload(
                operation: operation, height: height, inputChannels: inputs, kernel: kernel, stride: stride,
                outputChannels: outputs))
    }
}
