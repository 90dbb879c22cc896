/** A service of the etcd layout: its endpoints with weights, configuration, shards, verdicts and aliases. */
@NullMarked
package dev.zerohop.etcd.service;

import org.jspecify.annotations.NullMarked;
