package dev.zerohop.resolver;

import dev.zerohop.Printable;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.function.IntPredicate;

/**
 * A host and a port as people write them: {@code 10.0.0.1:8080}, {@code [::1]:8080}, {@code orders.example:8080}.
 *
 * @param host IP literal without brackets, or a host name
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {

    /** What is wrong with an address, and where in its text. */
    public static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;

        private final int offset;

        Malformed(int offset, String problem) {
            super(Printable.text(problem));
            this.offset = offset;
        }

        /** Where in the text. */
        public int offset() {
            return offset;
        }

        /** What was found and what was expected. */
        public String problem() {
            return String.valueOf(getMessage());
        }
    }

    /** Reads both. */
    public static HostPort parse(String text) throws Malformed {
        if (text.isEmpty()) {
            throw new Malformed(0, "found nothing, expected host:port");
        }
        int colon = portColon(text);
        String host = text.startsWith("[") ? text.substring(1, colon - 1) : text.substring(0, colon);
        return new HostPort(host, port(text.substring(colon + 1), colon + 1));
    }

    private static int portColon(String text) throws Malformed {
        if (text.startsWith("[")) {
            int bracket = text.indexOf(']');
            if (bracket < 0) {
                throw new Malformed(0, "found '" + text + "', expected a closing bracket as in [::1]:8080");
            }
            String literal = text.substring(1, bracket);
            if (!isIpv6(literal)) {
                throw new Malformed(1, "found '" + literal + "' in brackets, expected an IPv6 address such as ::1");
            }
            if (bracket + 1 >= text.length() || text.charAt(bracket + 1) != ':') {
                throw new Malformed(
                        bracket + 1,
                        "found '" + text.substring(bracket + 1) + "' after ']', expected :port (1 to 65535)");
            }
            return bracket + 1;
        }
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new Malformed(0, "found '" + text + "' without a port, expected host:port");
        }
        if (text.indexOf(':', colon + 1) >= 0) {
            throw new Malformed(
                    0,
                    "found '" + text + "', expected one colon; brackets go around an IPv6 address, as in [::1]:8080");
        }
        checkHost(text.substring(0, colon), 0);
        return colon;
    }

    /**
     * Refuses what is neither an IPv4 address nor a host name.
     *
     * @param offset where {@code host} begins in the text that a message points into
     */
    public static void checkHost(String host, int offset) throws Malformed {
        if (host.isEmpty()) {
            throw new Malformed(offset, "found no host, expected a host name or an IP address");
        }
        String[] labels = host.split("\\.", -1);
        String last = labels[labels.length - 1];
        if (!last.isEmpty() && all(last, HostPort::isDigit)) {
            if (!isIpv4(host)) {
                throw new Malformed(
                        offset, "found '" + host + "', expected an IPv4 address of four numbers from 0 to 255");
            }
            return;
        }
        for (int i = 0; i < labels.length; i++) {
            boolean rootDot = i > 0 && i == labels.length - 1;
            boolean sized = labels[i].length() <= 63 && (rootDot || !labels[i].isEmpty());
            if (!sized || !all(labels[i], HostPort::isNameCharacter)) {
                throw new Malformed(
                        offset,
                        "found '" + host + "', expected a host name of letters, digits, '-', '_' and single dots");
            }
        }
        if (host.length() > 254) {
            throw new Malformed(offset, "found a host name of " + host.length() + " characters, expected at most 254");
        }
    }

    private static int port(String text, int offset) throws Malformed {
        boolean digits = !text.isEmpty() && text.length() <= 5 && all(text, HostPort::isDigit);
        int port = digits ? Integer.parseInt(text) : -1;
        if (port < 1 || port > 65_535) {
            throw new Malformed(offset, "found port '" + text + "', expected a number from 1 to 65535");
        }
        return port;
    }

    /** Whether this is an IP literal, without brackets. */
    public static boolean isLiteral(String host) {
        return isIpv4(host) || isIpv6(host);
    }

    /** Four decimal numbers; leading zeros are refused because some readers take them for octal. */
    public static boolean isIpv4(String host) {
        String[] parts = host.split("\\.", -1);
        if (parts.length != 4) {
            return false;
        }
        for (String part : parts) {
            boolean number = !part.isEmpty() && part.length() <= 3 && all(part, HostPort::isDigit);
            if (!number || Integer.parseInt(part) > 255 || (part.length() > 1 && part.charAt(0) == '0')) {
                return false;
            }
        }
        return true;
    }

    /** An IPv6 address, with or without a scope. */
    static boolean isIpv6(String host) {
        int percent = host.indexOf('%');
        String address = percent < 0 ? host : host.substring(0, percent);
        if (address.indexOf(':') < 0 || !all(address, HostPort::isIpv6Character)) {
            return false;
        }
        String scope = percent < 0 ? "-" : host.substring(percent + 1);
        if (scope.isEmpty() || !all(scope, HostPort::isNameCharacter)) {
            return false;
        }
        try {
            // In brackets, so that it is never taken for a name and looked up.
            InetAddress.getByName("[" + address + "]");
            return true;
        } catch (UnknownHostException malformed) {
            return false;
        }
    }

    /** Without a stream: every client reads an address while it starts, and most need streams of characters for nothing else. */
    private static boolean all(String text, IntPredicate allowed) {
        for (int i = 0; i < text.length(); i++) {
            if (!allowed.test(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isIpv6Character(int c) {
        return c == ':' || c == '.' || Character.digit(c, 16) >= 0;
    }

    private static boolean isNameCharacter(int c) {
        return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
    }
}
