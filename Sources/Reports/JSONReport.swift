public import Results

/// Results as the JSON file that `bench` reads again.
public enum JSONReport {
    /// - Throws: `ResultsError.notFinite`.
    public static func render(_ file: ResultsFile) throws(ResultsError) -> String {
        try file.encoded()
    }
}
