/** Who leads among candidates: the one whose key was created first. */
@NullMarked
package dev.zerohop.etcd.election;

import org.jspecify.annotations.NullMarked;
