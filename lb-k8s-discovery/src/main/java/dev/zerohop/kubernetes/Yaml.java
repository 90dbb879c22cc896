package dev.zerohop.kubernetes;

import java.util.Locale;

/** Text as a YAML value that is text for every reader, whatever it holds: {@code on}, {@code 12}, quotes, line breaks. */
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
                // One half of a pair alone is no character.
                yaml.append("\\uFFFD");
            } else {
                yaml.append(String.format(Locale.ROOT, c > 0xFFFF ? "\\U%08X" : "\\u%04X", c));
            }
        });
        return yaml.append('"').toString();
    }
}
