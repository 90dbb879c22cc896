package dev.zerohop.etcd.client;

import org.jspecify.annotations.Nullable;

/**
 * How a cluster is reached.
 *
 * @param tls null for plain text
 * @param login null for nobody
 * @param namespace what every key begins with; ends with a slash, or is empty
 */
public record Access(@Nullable Tls tls, @Nullable Login login, String namespace) {
    static final Access PLAIN = new Access(null, null, "");

    public Access {
        Namespace.check("namespace", namespace);
    }

    /** The same over TLS: with what is known of it, else with the certificates that Java trusts. */
    public Access overTls() {
        return tls != null ? this : new Access(new Tls(null, null, null, null), login, namespace);
    }

    /** What is unsafe about it, in a sentence without the cluster's name; null if nothing is. */
    @Nullable
    String risk() {
        return tls != null || login == null
                ? null
                : "the password of " + login
                        + " is sent in plain text, and can be read by anyone who can listen on the network; set"
                        + " TLS for this cluster, and requireTls so that nothing goes without";
    }
}
