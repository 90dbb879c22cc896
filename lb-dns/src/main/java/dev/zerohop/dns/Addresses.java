package dev.zerohop.dns;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** IP addresses in canonical text form. */
final class Addresses {

    private Addresses() {}

    /** The canonical text of an IP literal: IPv4 unchanged, IPv6 by RFC 5952; a scope is kept. */
    static String canonical(String literal) {
        int percent = literal.indexOf('%');
        String address = percent < 0 ? literal : literal.substring(0, percent);
        if (address.indexOf(':') < 0) {
            return literal;
        }
        try {
            byte[] bytes = InetAddress.getByName("[" + address + "]").getAddress();
            return text(bytes) + (percent < 0 ? "" : literal.substring(percent));
        } catch (UnknownHostException notLiteral) {
            throw new IllegalArgumentException("found '" + literal + "', expected an IP address", notLiteral);
        }
    }

    /** The text of an address of 4 or 16 bytes. */
    static String text(byte[] bytes) {
        StringBuilder out = new StringBuilder(39);
        if (bytes.length == 4) {
            for (int i = 0; i < 4; i++) {
                out.append(i == 0 ? "" : ".").append(bytes[i] & 0xFF);
            }
            return out.toString();
        }
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = (bytes[2 * i] & 0xFF) << 8 | (bytes[2 * i + 1] & 0xFF);
        }
        int start = -1;
        int length = 1;
        for (int i = 0; i < 8; i++) {
            int run = i;
            while (run < 8 && groups[run] == 0) {
                run++;
            }
            if (run - i > length) {
                start = i;
                length = run - i;
            }
        }
        for (int i = 0; i < 8; i++) {
            if (i == start) {
                out.append("::");
                i += length - 1;
                continue;
            }
            if (i > 0 && i != start + length) {
                out.append(':');
            }
            out.append(Integer.toHexString(groups[i]));
        }
        return out.toString();
    }
}
