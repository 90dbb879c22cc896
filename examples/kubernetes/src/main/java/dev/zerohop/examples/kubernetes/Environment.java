package dev.zerohop.examples.kubernetes;

import java.util.Map;

/** Reads environment variables. */
record Environment(Map<String, String> variables) {

    String text(String name, String otherwise) {
        String value = variables.get(name);
        return value == null || value.isBlank() ? otherwise : value;
    }

    int number(String name, int otherwise, int least, int most) {
        String text = text(name, String.valueOf(otherwise));
        try {
            int value = Integer.parseInt(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException malformed) {
            // Reported below, with the range.
        }
        throw new IllegalArgumentException(
                name + " was '" + text + "', expected a whole number from " + least + " to " + most);
    }
}
