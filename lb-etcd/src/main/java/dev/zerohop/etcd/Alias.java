package dev.zerohop.etcd;

/**
 * What a service now means.
 *
 * @param target another target
 * @param revision since when
 */
record Alias(String target, long revision) {}
