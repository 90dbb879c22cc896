package dev.zerohop.etcd.service;

/** The target that a service now means, and the revision since when. */
public record Alias(String target, long revision) {}
