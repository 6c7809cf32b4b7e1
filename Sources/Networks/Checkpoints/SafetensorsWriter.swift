/// Makes the bytes of a safetensors file: tensors by name, the header padded with spaces so that the data starts at a
/// multiple of 8 bytes.
struct SafetensorsWriter {
    /// Named in errors.
    var file: String
    var precision: Checkpoint.Precision

    func bytes(of checkpoint: Checkpoint) throws(CheckpointError) -> [UInt8] {
        let tensors = checkpoint.parameters.tensors.sorted { $0.key < $1.key }
        var header = SafetensorsHeader(metadata: checkpoint.metadata)
        var end = 0
        for (name, tensor) in tensors {
            try check(name, tensor)
            let begin = end
            end += tensor.values.count * precision.size
            header.entries[name] = .init(type: precision.rawValue, shape: tensor.shape, begin: begin, end: end)
        }
        var text = Array(header.text(order: tensors.map(\.key)).utf8)
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: -text.count & 7))
        guard text.count <= SafetensorsHeader.maximumLength else {
            throw CheckpointError(file: file, problem: .headerTooLarge(length: UInt64(text.count)))
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(SafetensorsHeader.prefixLength + text.count + end)
        Self.append(UInt64(text.count), to: &bytes)
        bytes.append(contentsOf: text)
        for (_, tensor) in tensors {
            switch precision {
            case .f32: for value in tensor.values { Self.append(value.bitPattern, to: &bytes) }
            case .f16: for value in tensor.values { Self.append(HalfPrecision.bits(value), to: &bytes) }
            }
        }
        return bytes
    }

    /// What the reader would refuse is not written.
    private func check(_ name: String, _ tensor: ParameterTensor) throws(CheckpointError) {
        guard name != SafetensorsHeader.metadataKey else {
            throw CheckpointError(file: file, tensor: name, problem: .reservedName)
        }
        for (index, value) in tensor.values.enumerated() {
            guard value.isFinite else {
                throw CheckpointError(file: file, tensor: name, problem: .notFinite(index: index, value: value))
            }
            guard precision == .f32 || HalfPrecision.float(HalfPrecision.bits(value)).isFinite else {
                throw CheckpointError(
                    file: file, tensor: name, problem: .beyondHalfPrecision(index: index, value: value))
            }
        }
    }

    private static func append<Word: FixedWidthInteger>(_ word: Word, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
