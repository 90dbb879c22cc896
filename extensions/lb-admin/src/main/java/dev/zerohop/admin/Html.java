package dev.zerohop.admin;

import java.util.Locale;

/** Writes HTML: what stands in the program as it is, everything else escaped. Not thread-safe. */
final class Html {
    private final StringBuilder out = new StringBuilder(16_384);

    /** Markup, a constant of the program. */
    Html raw(String markup) {
        out.append(markup);
        return this;
    }

    /** A text, also within an attribute in double quotes. */
    Html text(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(c);
            }
        }
        return this;
    }

    Html number(long number) {
        out.append(number);
        return this;
    }

    /** With at most one decimal, and none where it would be 0. */
    Html number(double number) {
        String text = String.format(Locale.ROOT, "%.1f", number);
        out.append(text.endsWith(".0") ? text.substring(0, text.length() - 2) : text);
        return this;
    }

    /** A part of 1 in per cent. */
    Html percent(double part) {
        return number(100 * part).raw("\u202f%");
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
