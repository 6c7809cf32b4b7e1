/// What a cell computes.
public enum Workload: Hashable, Sendable {
    case network(NetworkWorkload)
    case gemm(GemmWorkload)
    case layer(LayerWorkload)

    /// The first part of a cell's name.
    public var name: String {
        switch self {
        case .network(let network): network.name
        case .gemm(let gemm): gemm.name
        case .layer(let layer): layer.name
        }
    }
}

/// A whole network.
public struct NetworkWorkload: Hashable, Sendable {
    public var family: String
    /// Depth multiplier; nil for families without one.
    public var width: Double?
    /// Pixels of a side.
    public var resolution: Int

    public init(family: String, width: Double?, resolution: Int) {
        (self.family, self.width, self.resolution) = (family, width, resolution)
    }

    /// Such as `mobilenet_v1_1.0_224`.
    public var name: String { ([family] + (width.map { ["\($0)"] } ?? []) + ["\(resolution)"]).joined(separator: "_") }
}

/// A plain matrix product: C (M × N) = A (M × K) · B (K × N).
public struct GemmWorkload: Hashable, Sendable {
    public var m: Int
    public var n: Int
    public var k: Int

    public init(m: Int, n: Int, k: Int) { (self.m, self.n, self.k) = (m, n, k) }

    /// Such as `gemm_1024x1024x1024`.
    public var name: String { "gemm_\(m)x\(n)x\(k)" }
}

/// A single layer on a square image, SAME padding.
public struct LayerWorkload: Hashable, Sendable {
    public enum Operation: String, Hashable, Sendable, CaseIterable {
        case conv2d, depthwise
    }

    public var operation: Operation
    /// Height and width of the input.
    public var height: Int
    public var inputChannels: Int
    /// Height and width of the window.
    public var kernel: Int
    public var stride: Int
    public var outputChannels: Int

    public init(
        operation: Operation, height: Int, inputChannels: Int, kernel: Int, stride: Int, outputChannels: Int
    ) {
        (self.operation, self.height, self.inputChannels) = (operation, height, inputChannels)
        (self.kernel, self.stride, self.outputChannels) = (kernel, stride, outputChannels)
    }

    /// Such as `conv2d_56x56x64_k3_s1_64`: input, window, stride, output channels.
    public var name: String {
        "\(operation.rawValue)_\(height)x\(height)x\(inputChannels)_k\(kernel)_s\(stride)_\(outputChannels)"
    }
}
