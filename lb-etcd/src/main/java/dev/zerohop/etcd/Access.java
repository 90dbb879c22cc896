package dev.zerohop.etcd;

import org.jspecify.annotations.Nullable;

/**
 * How a cluster is reached.
 *
 * @param tls null for plain text
 * @param login null for nobody
 * @param namespace what every key begins with; ends with a slash, or is empty
 */
record Access(@Nullable Tls tls, @Nullable Login login, String namespace) {
    static final Access PLAIN = new Access(null, null, "");

    Access {
        Namespace.check("namespace", namespace);
    }
}
