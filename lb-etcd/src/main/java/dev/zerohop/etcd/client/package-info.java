/** How a cluster is reached (its addresses, TLS, login, namespace, connection), and what is read, watched, leased and reported over it. */
@NullMarked
package dev.zerohop.etcd.client;

import org.jspecify.annotations.NullMarked;
