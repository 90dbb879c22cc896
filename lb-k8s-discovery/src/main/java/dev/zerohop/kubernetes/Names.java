package dev.zerohop.kubernetes;

import java.util.regex.Pattern;

/** The syntax of names in Kubernetes. */
final class Names {
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    private Names() {}

    /** Whether the text is a valid name of a namespace, a service, or a port. */
    static boolean isLabel(String text) {
        return LABEL.matcher(text).matches();
    }

    /** Whether the text is a valid name or number of a port. */
    static boolean isPort(String text) {
        return isNumber(text)
                ? text.length() <= 5 && Integer.parseInt(text) >= 1 && Integer.parseInt(text) <= 65_535
                : isLabel(text);
    }

    /** The number of such a port; 0 if it is a name. */
    static int portNumber(String port) {
        return isNumber(port) ? Integer.parseInt(port) : 0;
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
