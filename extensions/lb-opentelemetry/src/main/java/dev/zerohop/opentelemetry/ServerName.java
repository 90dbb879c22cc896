package dev.zerohop.opentelemetry;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a channel of gRPC was made for, as the conventions want it: the host and the port of its authority, or its whole target where that states no name.
 *
 * @param port -1 if there is none
 */
record ServerName(String address, int port) {
    private static final int NO_PORT = -1;

    private static final Pattern AUTHORITY =
            Pattern.compile("(?:\\[([0-9A-Fa-f:.%]+)]|([^:\\[\\]]+))(?::([0-9]{1,5}))?");

    /** Below this top-level domain nothing has a name (RFC 6761): a target that states none has such an authority. */
    private static final String NAMELESS = ".invalid";

    /**
     * Of a channel.
     *
     * @param authority that of its calls
     * @param target stands for a channel whose authority is no name
     */
    static ServerName of(String authority, String target) {
        Matcher matcher = AUTHORITY.matcher(authority);
        if (!matcher.matches()) {
            return new ServerName(authority.isEmpty() ? target : authority, NO_PORT);
        }
        String host = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
        if (host.endsWith(NAMELESS)) {
            return new ServerName(target, NO_PORT);
        }
        return new ServerName(host, matcher.group(3) == null ? NO_PORT : Integer.parseInt(matcher.group(3)));
    }

    boolean hasPort() {
        return port != NO_PORT;
    }
}
