/** The access to a cluster (addresses, TLS, login, namespace, connection), and the reads, watches, leases and status keys over it. */
@NullMarked
package dev.zerohop.etcd.client;

import org.jspecify.annotations.NullMarked;
