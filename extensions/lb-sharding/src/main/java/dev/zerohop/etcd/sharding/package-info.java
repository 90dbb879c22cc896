/** The store of automatic sharding in etcd. */
@NullMarked
package dev.zerohop.etcd.sharding;

import org.jspecify.annotations.NullMarked;
