package dev.zerohop.etcd.client;

import org.jspecify.annotations.Nullable;

/**
 * How a cluster is reached.
 *
 * @param tls null for plain text
 * @param login null for none
 * @param namespace the prefix of every key; ends with a slash, or is empty
 */
public record Access(@Nullable Tls tls, @Nullable Login login, String namespace) {
    static final Access PLAIN = new Access(null, null, "");

    public Access {
        Namespace.check("namespace", namespace);
    }

    /** The same over TLS, with the certificates that Java trusts if it has no TLS yet. */
    public Access overTls() {
        return tls != null ? this : new Access(new Tls(null, null, null, null), login, namespace);
    }

    /** The security risk of this access, without the cluster's name; null if there is none. */
    @Nullable
    String risk() {
        return tls != null || login == null
                ? null
                : "the password of " + login
                        + " is sent in plain text, and can be read by anyone who can listen on the network; set"
                        + " TLS for this cluster, and requireTls to reject connections without it";
    }
}
