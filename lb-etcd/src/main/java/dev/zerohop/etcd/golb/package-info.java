/** The functions of golb, and the values of a zone that a client rejects. */
@NullMarked
package dev.zerohop.etcd.golb;

import org.jspecify.annotations.NullMarked;
