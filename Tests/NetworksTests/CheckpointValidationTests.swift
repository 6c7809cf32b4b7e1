import Networks
import Testing

@Suite struct CheckpointValidationTests {
    private func problem(_ change: (inout Parameters) -> Void) -> (CheckpointError.Problem, String?)? {
        var checkpoint = Checkpoint(parameters: parameters(of: smallNetwork), file: "net.safetensors")
        change(&checkpoint.parameters)
        let result = Result { () throws(CheckpointError) in
            try checkpoint.validate(against: smallNetwork)
            return checkpoint
        }
        guard case .failure(let error) = result else { return nil }
        return (error.problem, error.tensor)
    }

    @Test func theNetworksOwnTensorsAreSound() {
        #expect(problem { _ in } == nil)
    }

    @Test func extraTensorsHaveTheirPrefixes() throws {
        let extra = ParameterTensor(shape: [1], values: [0])
        #expect(
            problem {
                $0["optimizer.fc.weight"] = extra
                $0["range.conv_0"] = extra
            } == nil)
        let unexpected = try #require(problem { $0["optimizers"] = extra })
        #expect(unexpected == (.unexpectedTensor(network: "small_28", shape: [1]), "optimizers"))
    }

    @Test func missingTensor() throws {
        let missing = try #require(problem { $0["conv_0.bn.mean"] = nil })
        #expect(missing == (.missingTensor(network: "small_28", shape: [2]), "conv_0.bn.mean"))
    }

    @Test func wrongShape() throws {
        let wrong = try #require(problem { $0["conv_0.weight"]?.shape = [3, 3, 2, 1] })
        #expect(
            wrong == (
                .wrongShape(network: "small_28", expected: [2, 3, 3, 1], found: [3, 3, 2, 1]), "conv_0.weight"
            ))
        let message = CheckpointError(file: "net.safetensors", tensor: wrong.1, problem: wrong.0).description
        #expect(
            message.hasPrefix(
                "net.safetensors: tensor 'conv_0.weight': its shape is [3, 3, 2, 1], small_28 needs [2, 3, 3, 1]; "))
    }
}
