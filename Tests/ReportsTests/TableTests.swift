import Files
import Reports
import Testing

struct TableTests {
  @Test func terminal() {
    #expect(
      Examples.table().text(width: 90) == """
        Table 1
        Network        Method              Error (%)  Compression (×)  Seconds
        ──────────────────────────────────────────────────────────────────────
        LeNet-300-100  Original   1.66 ± 0.05 (1.64)            1 (1)     61.2
        LeNet-300-100  Sparse VD  1.78 ± 0.07 (1.92)      97 ± 2 (68)        —
        ──────────────────────────────────────────────────────────────────────
        LeNet-5-Caffe  A|B & C_1                0.00
        Ours ± standard deviation over 3 seeds; in parentheses the number printed in the paper.

        """)
  }

  @Test func narrowTerminal() {
    #expect(
      Examples.table().text(width: 40) == """
        Table 1
        LeNet-300-100
          Method: Original
          Error (%): 1.66 ± 0.05 (1.64)
          Compression (×): 1 (1)
          Seconds: 61.2
        LeNet-300-100
          Method: Sparse VD
          Error (%): 1.78 ± 0.07 (1.92)
          Compression (×): 97 ± 2 (68)
          Seconds: —
        LeNet-5-Caffe
          Method: A|B & C_1
          Error (%): 0.00
        Ours ± standard deviation over 3 seeds;
        in parentheses the number printed in the
        paper.

        """)
  }

  @Test(arguments: [20, 30, 59, 60, 69, 70, 80, 200])
  func linesKeepToTheWidth(_ width: Int) {
    for line in Examples.table().text(width: width).split(separator: "\n") {
      #expect(line.count <= max(width, 30))
      #expect(!line.hasSuffix(" "))
    }
  }

  @Test func markdown() {
    #expect(
      Examples.table().markdown == """
        **Table 1**

        | Network | Method | Error (%) | Compression (×) | Seconds |
        | :--- | :--- | ---: | ---: | ---: |
        | LeNet-300-100 | Original | 1.66 ± 0.05 (1.64) | 1 (1) | 61.2 |
        | LeNet-300-100 | Sparse VD | 1.78 ± 0.07 (1.92) | 97 ± 2 (68) | — |
        | LeNet-5-Caffe | A\\|B & C_1 | 0.00 |  |  |

        Ours ± standard deviation over 3 seeds; in parentheses the number printed in the paper.

        """)
  }

  @Test func latex() {
    #expect(
      Examples.table().latex == #"""
        % Table 1
        \begin{tabular}{llrrr}
        \toprule
        Network & Method & Error (\%) & Compression ($\times$) & Seconds \\
        \midrule
        LeNet-300-100 & Original & 1.66 $\pm$ 0.05 (1.64) & 1 (1) & 61.2 \\
        LeNet-300-100 & Sparse VD & 1.78 $\pm$ 0.07 (1.92) & 97 $\pm$ 2 (68) & --- \\
        \midrule
        LeNet-5-Caffe & A|B \& C\_1 & 0.00 &  &  \\
        \bottomrule
        \multicolumn{5}{l}{\footnotesize Ours $\pm$ standard deviation over 3 seeds; in parentheses the number printed in the paper.} \\
        \end{tabular}

        """#)
  }

  @Test func csvHasFullPrecisionAndEmptyForNothing() {
    #expect(
      CSV.encode(Examples.table().csv) == """
        Network,Method,Error (%),Error (%) spread,Error (%) paper,Compression (×),Compression (×) spread,Compression (×) paper,Seconds,Seconds spread
        LeNet-300-100,Original,1.6567,0.0451,1.64,1,,1,61.25,
        LeNet-300-100,Sparse VD,1.7767,0.0651,1.92,97.333,1.5275,68,,
        LeNet-5-Caffe,A|B & C_1,-0.001,,,,,,,

        """)
  }

  @Test func quantities() {
    #expect(Quantity(1.14, spread: 0.03, digits: 2).text == "1.14 ± 0.03")
    #expect(Quantity(-0.004, digits: 2).text == "0.00")
    #expect(Quantity(-1.5, digits: 1).text == "−1.5")
    #expect(Quantity(.infinity, digits: 1).text == "—")
    #expect(Quantity(2, spread: .nan, digits: 0).text == "2")
    #expect(TableCell.compared(Quantity(.nan, digits: 1), paper: "12").text == "— (12)")
  }

  @Test func wideCharactersTakeTwoColumns() {
    var table = Table(columns: [TableColumn("名"), TableColumn("n", .number)])
    table.append([.text("図表"), .number(Quantity(1, digits: 0))])
    table.append([.text("ab"), .number(Quantity(2, digits: 0))])
    #expect(table.text(width: 80) == "名    n\n───────\n図表  1\nab    2\n")
  }
}
