internal import CKernels

/// The kernel library's own counters. They are exact, repeat to the unit, and live at fixed addresses, so that a counter
/// library can read them as software-defined events. Operators add to them once per call, not per element.
public enum WorkCounter: Int, CaseIterable, Sendable {
    case macs
    case bytesPacked
    case elementsRequantized
    case saturatedOutputs
    case tasks
    case callsReference
    case callsScalar
    case callsAVX2
    case callsAVXVNNI
    case callsAVX512
    case callsAVX512VNNI

    public var name: String {
        switch self {
        case .macs: "MACS"
        case .bytesPacked: "BYTES_PACKED"
        case .elementsRequantized: "ELEMENTS_REQUANTIZED"
        case .saturatedOutputs: "SATURATED_OUTPUTS"
        case .tasks: "TASKS"
        case .callsReference: "CALLS_REFERENCE"
        case .callsScalar: "CALLS_SCALAR"
        case .callsAVX2: "CALLS_AVX2"
        case .callsAVXVNNI: "CALLS_AVXVNNI"
        case .callsAVX512: "CALLS_AVX512"
        case .callsAVX512VNNI: "CALLS_AVX512VNNI"
        }
    }

    public var summary: String {
        switch self {
        case .macs: "multiply-accumulates done by convolutions and matrix products, without padding of tiles"
        case .bytesPacked: "bytes of weights written in a micro-kernel's order"
        case .elementsRequantized: "int32 accumulators brought to the output's scale"
        case .saturatedOutputs: "outputs at the end of the integer range, counted in an accounting run"
        case .tasks: "parts of operators that the thread pool handed out"
        case .callsReference: "calls of reference operators"
        case .callsScalar: "micro-kernel calls on the portable path"
        case .callsAVX2: "micro-kernel calls on the AVX2 path"
        case .callsAVXVNNI: "micro-kernel calls on the AVX-VNNI path"
        case .callsAVX512: "micro-kernel calls on the AVX-512 path"
        case .callsAVX512VNNI: "micro-kernel calls on the AVX512-VNNI path"
        }
    }

    private nonisolated(unsafe) static let storage: UnsafeMutablePointer<Int64> = {
        let pointer = UnsafeMutablePointer<Int64>.allocate(capacity: Self.allCases.count)
        pointer.initialize(repeating: 0, count: Self.allCases.count)
        return pointer
    }()

    /// Where the count stands; it stays there for the life of the process.
    public var address: UnsafeMutablePointer<Int64> { Self.storage + rawValue }

    /// The count so far. Read it while no operator runs.
    public var value: Int64 { address.pointee }

    /// Adds to the count, from any thread.
    public func add(_ amount: Int) { ck_count(address, Int64(amount)) }

    /// The counter of micro-kernel calls on this path.
    public static func calls(_ path: InstructionSet) -> WorkCounter {
        switch path {
        case .scalar: .callsScalar
        case .avx2: .callsAVX2
        case .avxvnni: .callsAVXVNNI
        case .avx512: .callsAVX512
        case .avx512vnni: .callsAVX512VNNI
        }
    }
}
