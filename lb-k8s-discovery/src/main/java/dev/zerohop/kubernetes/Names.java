package dev.zerohop.kubernetes;

import dev.zerohop.Printable;
import java.util.regex.Pattern;

/** Names as Kubernetes allows them. */
final class Names {
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    private Names() {}

    /** Whether it can name a namespace, a service, or a port. */
    static boolean isLabel(String text) {
        return LABEL.matcher(text).matches();
    }

    static String requireLabel(String what, String text) {
        if (!isLabel(text)) {
            throw new IllegalArgumentException(what + " was '" + Printable.text(text, 80)
                    + "', expected up to 63 lower-case letters, digits and '-', such as shop");
        }
        return text;
    }
}
