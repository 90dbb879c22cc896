package dev.zerohop.etcd.service;

/** The target that replaces a service, and the revision of the alias. */
public record Alias(String target, long revision) {}
