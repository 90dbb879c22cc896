/** The directory of a service: the owners of keys, looked up one by one and kept in a cache. */
@NullMarked
package dev.zerohop.etcd.directory;

import org.jspecify.annotations.NullMarked;
