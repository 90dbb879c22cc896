package dev.zerohop.etcd.client;

import com.google.common.net.HostAndPort;
import com.google.common.net.InetAddresses;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Parses hosts and ports. */
public final class Addresses {
    /** A host name. Text that ends with a number must be an IPv4 address. */
    private static final Pattern NAME = Pattern.compile("([A-Za-z0-9_-]+\\.)*(?![0-9]+\\.?$)[A-Za-z0-9_-]+\\.?");

    private Addresses() {}

    /** An invalid address for a message: the text before an {@code @} is masked, since it may be a user and a password. */
    public static String shown(String text) {
        int at = text.lastIndexOf('@');
        return at < 0 ? text : "***" + text.substring(at);
    }

    /** An IP address or a host name, with a port unless {@code defaultPort} is positive; null if it is neither. */
    public static @Nullable HostAndPort parse(String text, int defaultPort) {
        HostAndPort address;
        try {
            address = HostAndPort.fromString(text);
        } catch (IllegalArgumentException malformed) {
            return null;
        }
        if (!address.hasPort()) {
            if (defaultPort <= 0) {
                return null;
            }
            address = address.withDefaultPort(defaultPort);
        }
        boolean host = InetAddresses.isInetAddress(address.getHost())
                || NAME.matcher(address.getHost()).matches();
        return host && address.getPort() > 0 ? address : null;
    }
}
