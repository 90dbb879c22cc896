/** Health probes that are divided among processes; the elected leader publishes to all clients which endpoints are down. */
@NullMarked
package dev.zerohop.etcd.orchestrator;

import org.jspecify.annotations.NullMarked;
