package dev.zerohop.dns;

import org.xbill.DNS.Name;
import org.xbill.DNS.Type;

/**
 * One question to a DNS server.
 *
 * @param name absolute
 * @param type a record type, one of {@link Type}
 */
record Question(Name name, int type) {

    /** For messages: {@code A of orders.shop}. */
    String inWords() {
        return Type.string(type) + " of " + name.toString(true);
    }
}
