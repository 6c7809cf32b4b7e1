import CKernels
import Networks

/// The linear part of a layer, without bias: z = W·x, its transpose and its gradient by W, for a block of images.
protocol LinearMap: Sendable {
    /// Floats of the scratch memory that a block of `images` needs.
    func scratch(images: Int) -> Int
    /// Floats of the weights' transposed copy.
    var transposed: Int { get }
    /// Called once per pass before `forward`.
    func prepare(_ weights: UnsafePointer<Float>, _ lane: Lane)
    func forward(
        _ images: Int, _ x: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ z: UnsafeMutablePointer<Float>,
        _ lane: Lane)
    /// Called once per pass before `backwardInput`.
    func prepareBackward(_ weights: UnsafePointer<Float>, _ lane: Lane)
    /// Adds to `gradient`, which has the weights' layout.
    func backwardWeights(
        _ images: Int, _ x: UnsafePointer<Float>, _ dz: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>,
        _ lane: Lane)
    func backwardInput(
        _ images: Int, _ dz: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
        accumulate: Bool, _ lane: Lane)
}

extension LinearMap {
    func prepareBackward(_ weights: UnsafePointer<Float>, _ lane: Lane) {}
}

/// A matrix product for every row: pointwise convolution of stride 1 and fully connected layer. Weights are O×I.
struct MatrixMap: LinearMap {
    /// Rows of one image.
    let rows: Int
    let inputs: Int
    let outputs: Int

    func scratch(images: Int) -> Int { 0 }
    var transposed: Int { inputs * outputs }

    func prepare(_ weights: UnsafePointer<Float>, _ lane: Lane) {
        lane.kernels.transpose(Int64(outputs), Int64(inputs), weights, lane.transposed)
    }

    /// Z = X·Wᵀ.
    func forward(
        _ images: Int, _ x: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ z: UnsafeMutablePointer<Float>,
        _ lane: Lane
    ) {
        lane.kernels.gemm(
            Int64(images * rows), Int64(outputs), Int64(inputs), x, Int64(inputs), 1, lane.transposed, Int64(outputs),
            z,
            Int64(outputs), 0)
    }

    /// dW += dZᵀ·X.
    func backwardWeights(
        _ images: Int, _ x: UnsafePointer<Float>, _ dz: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>,
        _ lane: Lane
    ) {
        lane.kernels.gemm(
            Int64(outputs), Int64(inputs), Int64(images * rows), dz, 1, Int64(outputs), x, Int64(inputs), gradient,
            Int64(inputs), 1)
    }

    /// dX = dZ·W.
    func backwardInput(
        _ images: Int, _ dz: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
        accumulate: Bool, _ lane: Lane
    ) {
        lane.kernels.gemm(
            Int64(images * rows), Int64(inputs), Int64(outputs), dz, Int64(outputs), 1, weights, Int64(inputs), dx,
            Int64(inputs), accumulate ? 1 : 0)
    }
}

/// Any dense convolution, as a matrix product with the columns that the window sees (im2col). Weights are OHWI.
struct ColumnsMap: LinearMap {
    let window: ck_training_window
    let matrix: MatrixMap

    init(_ window: ck_training_window, outputs: Int) {
        self.window = window
        matrix = MatrixMap(
            rows: Int(window.out_height * window.out_width),
            inputs: Int(window.height * window.width * window.channels),
            outputs: outputs)
    }

    func scratch(images: Int) -> Int { images * matrix.rows * matrix.inputs }
    var transposed: Int { matrix.transposed }

    func prepare(_ weights: UnsafePointer<Float>, _ lane: Lane) { matrix.prepare(weights, lane) }

    func forward(
        _ images: Int, _ x: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ z: UnsafeMutablePointer<Float>,
        _ lane: Lane
    ) {
        gather(images, x, lane)
        matrix.forward(images, lane.scratch, weights, z, lane)
    }

    func backwardWeights(
        _ images: Int, _ x: UnsafePointer<Float>, _ dz: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>,
        _ lane: Lane
    ) {
        gather(images, x, lane)
        matrix.backwardWeights(images, lane.scratch, dz, gradient, lane)
    }

    func backwardInput(
        _ images: Int, _ dz: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
        accumulate: Bool, _ lane: Lane
    ) {
        matrix.backwardInput(images, dz, weights, lane.scratch, accumulate: false, lane)
        if !accumulate {
            dx.update(repeating: 0, count: images * Int(window.in_height * window.in_width * window.channels))
        }
        withUnsafePointer(to: window) { lane.kernels.col2im(Int64(images), $0, lane.scratch, dx) }
    }

    private func gather(_ images: Int, _ x: UnsafePointer<Float>, _ lane: Lane) {
        withUnsafePointer(to: window) { lane.kernels.im2col(Int64(images), $0, x, lane.scratch) }
    }
}

/// Depthwise convolution. Weights are HWC.
struct DepthwiseMap: LinearMap {
    let window: ck_training_window

    func scratch(images: Int) -> Int { 0 }
    var transposed: Int { 0 }

    func prepare(_ weights: UnsafePointer<Float>, _ lane: Lane) {}

    func forward(
        _ images: Int, _ x: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ z: UnsafeMutablePointer<Float>,
        _ lane: Lane
    ) {
        withUnsafePointer(to: window) { lane.kernels.depthwise(Int64(images), $0, x, weights, z) }
    }

    func backwardWeights(
        _ images: Int, _ x: UnsafePointer<Float>, _ dz: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>,
        _ lane: Lane
    ) {
        withUnsafePointer(to: window) { lane.kernels.depthwise_weights(Int64(images), $0, x, dz, gradient) }
    }

    func backwardInput(
        _ images: Int, _ dz: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
        accumulate: Bool, _ lane: Lane
    ) {
        withUnsafePointer(to: window) {
            lane.kernels.depthwise_input(Int64(images), $0, dz, weights, dx, accumulate ? 1 : 0)
        }
    }
}

extension ck_training_window {
    /// The window over images of this shape.
    init(_ window: Window, over input: Shape) {
        let output = window.output(input, channels: input.channels)
        let leading = window.leading(input)
        self.init(
            in_height: Int64(input.height), in_width: Int64(input.width), channels: Int64(input.channels),
            out_height: Int64(output.height), out_width: Int64(output.width), height: Int64(window.height),
            width: Int64(window.width), stride: Int64(window.stride), top: Int64(leading.top), left: Int64(leading.left)
        )
    }
}
