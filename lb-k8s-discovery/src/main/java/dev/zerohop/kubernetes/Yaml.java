package dev.zerohop.kubernetes;

import java.util.Locale;

/** Writes text as a YAML value that every parser reads as text, such as {@code on}, {@code 12}, quotes or line breaks. */
final class Yaml {
    private Yaml() {}

    /** In double quotes; everything but printable ASCII is escaped. */
    static String quoted(String text) {
        StringBuilder yaml = new StringBuilder(text.length() + 2).append('"');
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                yaml.append('\\').append((char) c);
            } else if (c >= ' ' && c <= '~') {
                yaml.append((char) c);
            } else if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                // An unpaired surrogate is not a character.
                yaml.append("\\uFFFD");
            } else {
                yaml.append(String.format(Locale.ROOT, c > 0xFFFF ? "\\U%08X" : "\\u%04X", c));
            }
        });
        return yaml.append('"').toString();
    }
}
