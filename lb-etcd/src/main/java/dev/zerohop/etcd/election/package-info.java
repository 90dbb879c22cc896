/** Leader election: the candidate whose key was created first leads. */
@NullMarked
package dev.zerohop.etcd.election;

import org.jspecify.annotations.NullMarked;
