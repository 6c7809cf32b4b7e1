import CKernels
import Networks

/// A dense convolution of several taps, as matrix products whose rows are places in a zero-bordered copy of the image.
/// Weights are OHWI.
///
/// In NHWC the pixels under one row of the window lie side by side, kw·C floats, so that a convolution is kh products:
///
///     z[p, o] = Σ_ky Σ_j padded[start(p) + ky·row + j] · Wᵀ[ky·kw·C + j, o]        start(p): window of output pixel p
///
/// The columns of im2col are never written. dW is the product of dzᵀ with the same rows; dx, with stride 1, is the convolution
/// of a bordered dz with the window turned by 180°, and takes the way over the columns otherwise.
struct WindowMap: LinearMap {
    private let window: ck_training_window
    private let outputs: Int
    private let columns: ColumnsMap
    /// Of the bordered x and, for the way back, dz.
    private let forth: Bordered
    private let back: Bordered?

    /// Whether a window is worth its borders: with few channels the products are too short.
    static func suits(_ window: ck_training_window) -> Bool {
        window.height * window.width > 1 && window.channels >= 8
    }

    init(_ window: ck_training_window, outputs: Int) {
        (self.window, self.outputs) = (window, outputs)
        columns = ColumnsMap(window, outputs: outputs)
        forth = Bordered(
            height: window.in_height, width: window.in_width, channels: window.channels, top: window.top,
            left: window.left, reach: (window.height, window.width),
            positions: (window.out_height, window.out_width), stride: window.stride)
        // dx(iy) = Σ dz(iy + top − ky)·w(ky): dz begins kh − 1 − top below the border.
        back =
            window.stride == 1
            ? Bordered(
                height: window.out_height, width: window.out_width, channels: Int64(outputs),
                top: window.height - 1 - window.top, left: window.width - 1 - window.left,
                reach: (window.height, window.width), positions: (window.in_height, window.in_width), stride: 1)
            : nil
    }

    /// One image with its border at a time; the way over the columns takes a block at once.
    func scratch(images: Int) -> Int {
        max(forth.count, back?.count ?? columns.scratch(images: images))
    }

    var transposed: Int { columns.transposed }

    func prepare(_ weights: UnsafePointer<Float>, _ lane: Lane) { columns.prepare(weights, lane) }

    func forward(
        _ images: Int, _ x: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ z: UnsafeMutablePointer<Float>,
        _ lane: Lane
    ) {
        for image in 0..<images {
            forth.fill(lane, x + image * inputCount)
            forth.convolve(lane, outputs: outputs, z + image * outputCount, accumulate: false)
        }
    }

    func backwardWeights(
        _ images: Int, _ x: UnsafePointer<Float>, _ dz: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>,
        _ lane: Lane
    ) {
        for image in 0..<images {
            forth.fill(lane, x + image * inputCount)
            for ky in 0..<forth.taps {
                lane.kernels.gemm_listed_b(
                    Int64(outputs), Int64(forth.run), Int64(forth.starts.count), dz + image * outputCount, 1,
                    Int64(outputs), lane.scratch + ky * forth.row, forth.starts.base, gradient + ky * forth.run,
                    Int64(forth.taps * forth.run), 1)
            }
        }
    }

    /// The window turned by 180°, with inputs and outputs exchanged: tap t of output o becomes row (last − t)·O + o.
    func prepareBackward(_ weights: UnsafePointer<Float>, _ lane: Lane) {
        guard back != nil else { return }
        let (taps, channels) = (Int(window.height * window.width), Int(window.channels))
        for tap in 0..<taps {
            lane.kernels.copy(
                Int64(outputs), Int64(channels), weights + tap * channels, Int64(taps * channels),
                lane.transposed + (taps - 1 - tap) * outputs * channels, Int64(channels), 0)
        }
    }

    func backwardInput(
        _ images: Int, _ dz: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
        accumulate: Bool, _ lane: Lane
    ) {
        guard let back else {
            columns.backwardInput(images, dz, weights, dx, accumulate: accumulate, lane)
            return
        }
        for image in 0..<images {
            back.fill(lane, dz + image * outputCount)
            back.convolve(
                lane, outputs: Int(window.channels), dx + image * inputCount, accumulate: accumulate)
        }
    }

    private var inputCount: Int { Int(window.in_height * window.in_width * window.channels) }
    private var outputCount: Int { Int(window.out_height * window.out_width) * outputs }
}

/// An image with a border of zeros in a lane's scratch memory, and where in it each position of a window begins.
private struct Bordered: Sendable {
    private let image: (height: Int64, width: Int64, channels: Int64)
    private let margin: (top: Int64, left: Int64)
    private let size: (rows: Int64, columns: Int64)
    /// Rows of the window.
    let taps: Int
    /// Floats of one row of the window.
    let run: Int
    /// Offset of every position, in the order of the output's pixels.
    let starts: Buffer<Int64>

    init(
        height: Int64, width: Int64, channels: Int64, top: Int64, left: Int64, reach: (rows: Int64, columns: Int64),
        positions: (rows: Int64, columns: Int64), stride: Int64
    ) {
        (image, margin) = ((height, width, channels), (top, left))
        size = ((positions.rows - 1) * stride + reach.rows, (positions.columns - 1) * stride + reach.columns)
        (taps, run) = (Int(reach.rows), Int(reach.columns * channels))
        starts = Buffer(Int(positions.rows * positions.columns), zero: 0)
        for y in 0..<positions.rows {
            for x in 0..<positions.columns {
                starts.base[Int(y * positions.columns + x)] = (y * size.columns + x) * stride * channels
            }
        }
    }

    /// Floats of one row.
    var row: Int { Int(size.columns * image.channels) }
    var count: Int { Int(size.rows) * row }

    func fill(_ lane: Lane, _ x: UnsafePointer<Float>) {
        lane.kernels.pad(
            image.height, image.width, image.channels, margin.top, margin.left, size.rows, size.columns, x, lane.scratch
        )
    }

    /// y = (or += with `accumulate`) the convolution of the bordered image with the lane's transposed weights.
    func convolve(_ lane: Lane, outputs: Int, _ y: UnsafeMutablePointer<Float>, accumulate: Bool) {
        for ky in 0..<taps {
            lane.kernels.gemm_listed_a(
                Int64(starts.count), Int64(outputs), Int64(run), lane.scratch + ky * row, starts.base,
                lane.transposed + ky * run * outputs, Int64(outputs), y, Int64(outputs), accumulate || ky > 0 ? 1 : 0)
        }
    }
}
