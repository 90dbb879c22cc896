package dev.zerohop.benchmarks.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Pads the columns of the tables in a Markdown text, so that a terminal shows them as tables too. */
final class Tables {
    private static final int NARROWEST = 3;

    private Tables() {}

    static String padded(String markdown) {
        StringBuilder text = new StringBuilder();
        List<List<String>> table = new ArrayList<>();
        for (String line : markdown.lines().toList()) {
            if (line.startsWith("|")) {
                table.add(cells(line));
                continue;
            }
            write(table, text);
            table.clear();
            text.append(line).append('\n');
        }
        write(table, text);
        return text.toString();
    }

    private static List<String> cells(String line) {
        String row = line.strip();
        int end = row.length() > 1 && row.endsWith("|") ? row.length() - 1 : row.length();
        return Stream.of(row.substring(1, end).split("\\|", -1))
                .map(String::strip)
                .toList();
    }

    private static void write(List<List<String>> table, StringBuilder text) {
        List<String> rules = table.stream().filter(Tables::isRule).findFirst().orElse(List.of());
        int columns = table.stream().mapToInt(List::size).max().orElse(0);
        int[] widths = new int[columns];
        for (int column = 0; column < columns; column++) {
            widths[column] = width(table, column);
        }
        for (List<String> row : table) {
            text.append('|');
            for (int column = 0; column < columns; column++) {
                String cell = at(row, column);
                boolean right = at(rules, column).endsWith(":");
                text.append(isRule(row) ? rule(right, widths[column]) : " " + cell(cell, right, widths[column]) + " ")
                        .append('|');
            }
            text.append('\n');
        }
    }

    private static int width(List<List<String>> table, int column) {
        return table.stream()
                .filter(row -> !isRule(row))
                .mapToInt(row -> length(at(row, column)))
                .reduce(NARROWEST, Math::max);
    }

    /** Whether this is the row of dashes below the head. */
    private static boolean isRule(List<String> row) {
        return row.stream().allMatch(cell -> cell.matches(":?-+:?"));
    }

    private static String at(List<String> row, int column) {
        return column < row.size() ? row.get(column) : "";
    }

    private static String rule(boolean right, int width) {
        return "-".repeat(right ? width + 1 : width + 2) + (right ? ":" : "");
    }

    private static String cell(String cell, boolean right, int width) {
        String space = " ".repeat(width - length(cell));
        return right ? space + cell : cell + space;
    }

    private static int length(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
