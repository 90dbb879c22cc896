package dev.zerohop.cli;

import java.util.ArrayList;
import java.util.List;

/** A table of text: columns as wide as their content, numbers right-aligned. Not thread-safe. */
final class Table {
    private final List<Object[]> rows = new ArrayList<>();
    private final int columns;

    Table(Object... header) {
        this.columns = header.length;
        rows.add(header);
    }

    Table row(Object... cells) {
        if (cells.length != columns) {
            throw new IllegalArgumentException("row had " + cells.length + " cells, expected " + columns);
        }
        rows.add(cells);
        return this;
    }

    /** The rows, each after {@code indent}, without a line break at the end. */
    String render(String indent) {
        int[] widths = new int[columns];
        boolean[] right = new boolean[columns];
        for (int c = 0; c < columns; c++) {
            right[c] = rows.size() > 1;
            for (int r = 0; r < rows.size(); r++) {
                Object cell = rows.get(r)[c];
                widths[c] = Math.max(widths[c], cell.toString().length());
                right[c] &= r == 0 || cell instanceof Number || cell.equals("-");
            }
        }
        StringBuilder out = new StringBuilder();
        for (Object[] row : rows) {
            StringBuilder line = new StringBuilder(indent);
            for (int c = 0; c < columns; c++) {
                String text = row[c].toString();
                String pad = " ".repeat(widths[c] - text.length());
                line.append(right[c] ? pad + text : text + pad).append("  ");
            }
            out.append(line.toString().stripTrailing()).append('\n');
        }
        return out.toString().stripTrailing();
    }
}
