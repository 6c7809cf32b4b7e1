import CKernels

/// One thread's share of a batch and the memory that only it writes: its images' activations and gradients, its
/// gradient of the parameters, and scratch.
final class Lane: @unchecked Sendable {
    let index: Int
    let kernels: ck_training_table
    /// By tensor.
    let activations: [UnsafeMutablePointer<Float>]
    /// By tensor; nil where no gradient is wanted. Tensors that are not alive at the same time share memory.
    let gradients: [UnsafeMutablePointer<Float>?]
    let parameterGradient: UnsafeMutablePointer<Float>
    let scratch: UnsafeMutablePointer<Float>
    let transposed: UnsafeMutablePointer<Float>
    /// Images of the current batch in this lane, and of all lanes together.
    var images = 0
    var batch = 0
    /// Which images they are.
    let samples: Buffer<Sample>
    var loss = 0.0
    var correct = 0
    private let owned: [FloatBuffer]

    var currentSamples: UnsafeBufferPointer<Sample> { UnsafeBufferPointer(start: samples.base, count: images) }

    init(
        index: Int, kernels: ck_training_table, capacity: Int, tensors: [Int], gradients plan: GradientPlan?,
        parameterGradient: UnsafeMutablePointer<Float>, scratch: Int, transposed: Int
    ) {
        (self.index, self.kernels, self.parameterGradient) = (index, kernels, parameterGradient)
        samples = Buffer(capacity, zero: Sample(image: 0))
        let activations = tensors.map { FloatBuffer(capacity * $0) }
        let slots = (plan?.slots ?? []).map { FloatBuffer(capacity * $0) }
        let extra = [FloatBuffer(scratch), FloatBuffer(transposed)]
        self.activations = activations.map(\.base)
        gradients = tensors.indices.map { tensor in plan?.slot[tensor].map { slots[$0].base } }
        (self.scratch, self.transposed) = (extra[0].base, extra[1].base)
        owned = activations + slots + extra
    }
}

/// Which tensors' gradients share memory: a gradient lives from the backward pass of the tensor's last reader to that of
/// its producer.
struct GradientPlan {
    /// Floats per image of each slot.
    private(set) var slots: [Int] = []
    /// Slot of each tensor.
    private(set) var slot: [Int?]

    /// - Parameters:
    ///   - sizes: floats per image of each tensor.
    ///   - readers: the tensors that the producer of tensor i + 1 reads, by node.
    ///   - inputGradient: whether tensor 0 has one too.
    init(sizes: [Int], readers: [[Int]], inputGradient: Bool) {
        slot = Array(repeating: nil, count: sizes.count)
        var free: [Int] = []
        func claim(_ tensor: Int, _ plan: inout GradientPlan) {
            guard plan.slot[tensor] == nil, tensor > 0 || inputGradient else { return }
            // The smallest free slot that is large enough, else the largest, grown.
            let fitting = free.filter { plan.slots[$0] >= sizes[tensor] }.min { plan.slots[$0] < plan.slots[$1] }
            let chosen = fitting ?? free.max { plan.slots[$0] < plan.slots[$1] } ?? plan.slots.count
            if chosen == plan.slots.count { plan.slots.append(0) }
            plan.slots[chosen] = max(plan.slots[chosen], sizes[tensor])
            free.removeAll { $0 == chosen }
            plan.slot[tensor] = chosen
        }
        claim(sizes.count - 1, &self)
        for node in readers.indices.reversed() {
            for tensor in readers[node] { claim(tensor, &self) }
            if let done = slot[node + 1] { free.append(done) }
        }
    }
}
