public import Results

/// The drawings that lie beside a report, which shows them by their files' names.
public enum ReportDrawings {
    public static func all(of file: ResultsFile) -> [(file: String, svg: String)] {
        RooflinePlot.all(of: file).map { ($0.file, $0.svg) } + TradeoffPlot.all(of: file).map { ($0.file, $0.svg) }
    }
}
