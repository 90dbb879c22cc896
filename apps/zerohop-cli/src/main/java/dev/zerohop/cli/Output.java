package dev.zerohop.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The forms of an answer. */
enum Output {
    /** Lines to read. */
    TEXT,
    /** One JSON object. */
    JSON,
    /** One JSON object on each line, each flushed at once. */
    NDJSON;

    /**
     * Reads the value of {@code --output}.
     *
     * @throws BadInput if the command does not have this form
     */
    static Output parse(String text, Output... offered) {
        List<Output> forms = Arrays.asList(offered);
        for (Output form : forms) {
            if (form.toString().equals(text)) {
                return form;
            }
        }
        throw new BadInput("--output was '" + text + "', expected "
                + forms.stream().map(Output::toString).collect(Collectors.joining(" or ")));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
