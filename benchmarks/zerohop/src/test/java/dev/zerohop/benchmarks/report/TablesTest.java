package dev.zerohop.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TablesTest {
    @Test
    void columnsAreAsWideAsTheirWidestCell() {
        String padded = Tables.padded("""
                ## Goals

                | goal | value | met |
                |---|---:|---|
                | Update, round_robin, to grpc | 0.17 µs | **no** |
                | Pick | 12.5 | yes |

                The end.
                """);

        assertThat(padded).isEqualTo("""
                        ## Goals

                        | goal                         |   value | met    |
                        |------------------------------|--------:|--------|
                        | Update, round_robin, to grpc | 0.17 µs | **no** |
                        | Pick                         |    12.5 | yes    |

                        The end.
                        """);
    }

    @Test
    void aRowMayLackCellsAndATableMayEndTheText() {
        assertThat(Tables.padded("| | a | b |\n|---|---:|---:|\n| x | 1 |\n"))
                .isEqualTo("|     |   a |   b |\n|-----|----:|----:|\n| x   |   1 |     |\n");
    }

    @Test
    void textWithoutTablesStaysAsItIs() {
        assertThat(Tables.padded("A line.\n\n- a | b\n")).isEqualTo("A line.\n\n- a | b\n");
    }
}
