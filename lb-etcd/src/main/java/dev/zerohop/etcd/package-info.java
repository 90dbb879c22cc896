/**
 * Endpoints, weights, live configuration and shard counts from etcd, and the registration of servers there.
 *
 * <p>Everything is read once and then watched; the last good values stay in force while etcd is unreachable. Use a target ({@code etcd://host:2379/service},
 * {@code golb://host:2379/zone/function}), or an {@link dev.zerohop.etcd.EtcdClient} of your own.
 */
@NullMarked
package dev.zerohop.etcd;

import org.jspecify.annotations.NullMarked;
