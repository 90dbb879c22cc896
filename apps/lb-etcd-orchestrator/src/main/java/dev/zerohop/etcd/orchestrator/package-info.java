/** Probes of endpoints that processes share, and the elected one that tells all clients which endpoints are down. */
@NullMarked
package dev.zerohop.etcd.orchestrator;

import org.jspecify.annotations.NullMarked;
