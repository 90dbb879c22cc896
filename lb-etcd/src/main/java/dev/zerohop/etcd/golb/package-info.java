/** A function as golb keeps it, and what a client rejects of a zone. */
@NullMarked
package dev.zerohop.etcd.golb;

import org.jspecify.annotations.NullMarked;
