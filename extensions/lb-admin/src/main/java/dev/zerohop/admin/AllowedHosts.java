package dev.zerohop.admin;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Which names the header {@code Host} may have. A page of another site that has its own name resolve to this machine (DNS rebinding) could read whatever it serves; it cannot choose what its browser writes into
 * this header. Immutable.
 */
final class AllowedHosts {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}]");
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[(::1|0:0:0:0:0:0:0:1)]");
    private static final Pattern LITERAL = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-f:.]{2,45}]");
    private static final Pattern PORT = Pattern.compile(":\\d{0,5}$");

    private final Set<String> names;
    private final boolean literals;

    AllowedHosts(Collection<String> names) {
        this(names, false);
    }

    private AllowedHosts(Collection<String> names, boolean literals) {
        this.names = new TreeSet<>();
        this.literals = literals;
        for (String name : names) {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("an allowed host was '" + name
                        + "', expected a name or an address without a port, such as status.example.org");
            }
            this.names.add(name.toLowerCase(Locale.ROOT));
        }
    }

    /** With the address that a server is bound to; for all addresses, with every literal address, since no name that others control is one. */
    AllowedHosts boundTo(InetAddress address) {
        List<String> more = new ArrayList<>(names);
        if (!address.isAnyLocalAddress()) {
            String literal = address.getHostAddress();
            int scope = literal.indexOf('%');
            literal = scope < 0 ? literal : literal.substring(0, scope);
            more.add(literal.indexOf(':') < 0 ? literal : "[" + literal + "]");
        }
        return new AllowedHosts(more, address.isAnyLocalAddress());
    }

    boolean allows(String header) {
        String host = PORT.matcher(header).replaceFirst("").toLowerCase(Locale.ROOT);
        return LOOPBACK.matcher(host).matches()
                || names.contains(host)
                || (literals && LITERAL.matcher(host).matches());
    }

    @Override
    public String toString() {
        return "localhost, an address of loopback" + (literals ? ", another address of this machine" : "")
                + (names.isEmpty() ? "" : " or " + String.join(" or ", names));
    }
}
