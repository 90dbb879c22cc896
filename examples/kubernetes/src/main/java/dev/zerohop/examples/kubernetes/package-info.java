/** A server and clients to run in a cluster: see the README beside them. */
@NullMarked
package dev.zerohop.examples.kubernetes;

import org.jspecify.annotations.NullMarked;
