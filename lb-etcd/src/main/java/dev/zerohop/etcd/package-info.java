/**
 * Endpoints, weights, live configuration and shard counts from etcd, and the registration of servers there.
 *
 * <p>Everything is read once, then followed; what was read last stays in force while etcd is away. Use a target ({@code etcd://host:2379/service},
 * {@code golb://host:2379/zone/function}), or an {@link dev.zerohop.etcd.EtcdClient} of your own.
 */
@NullMarked
package dev.zerohop.etcd;

import org.jspecify.annotations.NullMarked;
