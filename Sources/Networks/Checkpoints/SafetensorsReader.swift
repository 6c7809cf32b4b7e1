/// Reads the bytes of a safetensors file: 8 bytes with the header's length n (little-endian), n bytes of JSON, and the
/// tensors' data, row-major and little-endian, without gaps (https://huggingface.co/docs/safetensors).
struct SafetensorsReader {
    var file: String
    var bytes: [UInt8]

    func checkpoint() throws(CheckpointError) -> Checkpoint {
        let prefix = SafetensorsHeader.prefixLength
        guard bytes.count >= prefix else {
            throw error(.truncatedHeader(length: prefix, available: bytes.count))
        }
        let length = bytes[0..<prefix].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= SafetensorsHeader.maximumLength else { throw error(.headerTooLarge(length: length)) }
        let start = prefix + Int(length)
        guard start <= bytes.count else {
            throw error(.truncatedHeader(length: Int(length), available: bytes.count - prefix))
        }
        let header = try SafetensorsHeader(parsing: bytes[prefix..<start], file: file)
        let data = bytes[start...]
        var parameters = Parameters()
        var end = 0
        // In the order of the data; names make the order of empty tensors, which share an offset, definite.
        let ordered = header.entries.sorted {
            ($0.value.begin, $0.value.end, $0.key) < ($1.value.begin, $1.value.end, $1.key)
        }
        for (name, entry) in ordered {
            let precision = try check(name, entry, after: end, available: data.count)
            end = entry.end
            let values = Self.values(data[start + entry.begin..<start + entry.end], precision)
            if let index = values.firstIndex(where: { !$0.isFinite }) {
                throw error(.notFinite(index: index, value: values[index]), name)
            }
            parameters[name] = ParameterTensor(shape: entry.shape, values: values)
        }
        guard end == data.count else { throw error(.trailingBytes(data.count - end)) }
        return Checkpoint(parameters: parameters, metadata: header.metadata)
    }

    /// Type, shape and place of a tensor must agree with one another and with the data; `end` is where the tensor before
    /// it ends.
    private func check(
        _ name: String, _ entry: SafetensorsHeader.Entry, after end: Int, available: Int
    ) throws(CheckpointError) -> Checkpoint.Precision {
        guard let precision = Checkpoint.Precision(rawValue: entry.type) else {
            throw error(.wrongType(entry.type), name)
        }
        guard let size = Self.size(entry.shape, precision) else { throw error(.shapeOverflow(entry.shape), name) }
        guard entry.begin <= entry.end, entry.end <= available else {
            throw error(.offsetsOutOfRange(begin: entry.begin, end: entry.end, available: available), name)
        }
        guard size == entry.end - entry.begin else {
            throw error(
                .sizeMismatch(
                    shape: entry.shape, type: entry.type, expected: size, found: entry.end - entry.begin), name)
        }
        guard entry.begin == end else { throw error(.overlapOrGap(begin: entry.begin, expected: end), name) }
        return precision
    }

    /// Bytes of a tensor; nil beyond what an Int holds. Every partial product counts, so that ParameterTensor's own
    /// product cannot trap.
    private static func size(_ shape: [Int], _ precision: Checkpoint.Precision) -> Int? {
        var size = precision.size
        for extent in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            size = product
        }
        return size
    }

    private static func values(_ data: ArraySlice<UInt8>, _ precision: Checkpoint.Precision) -> [Float] {
        data.withUnsafeBytes { data in
            switch precision {
            case .f32:
                stride(from: 0, to: data.count, by: 4).map {
                    Float(bitPattern: UInt32(littleEndian: data.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
                }
            case .f16:
                stride(from: 0, to: data.count, by: 2).map {
                    HalfPrecision.float(UInt16(littleEndian: data.loadUnaligned(fromByteOffset: $0, as: UInt16.self)))
                }
            }
        }
    }

    private func error(_ problem: CheckpointError.Problem, _ tensor: String? = nil) -> CheckpointError {
        CheckpointError(file: file, tensor: tensor, problem: problem)
    }
}
