package dev.zerohop.etcd.service;

/**
 * What a service now means.
 *
 * @param target another target
 * @param revision since when
 */
public record Alias(String target, long revision) {}
