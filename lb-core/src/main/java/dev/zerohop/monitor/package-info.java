/**
 * What shows a running balancer to people and machines, shared by metrics modules and status pages: who was given how much lately, and which meters there are.
 *
 * <p>Nothing here is needed to balance. It is for extensions; applications use those.
 */
@NullMarked
package dev.zerohop.monitor;

import org.jspecify.annotations.NullMarked;
