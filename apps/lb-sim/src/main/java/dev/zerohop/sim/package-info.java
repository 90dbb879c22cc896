/** A simulator in virtual time: the real {@link dev.zerohop.Balancer}, its policies, stages and health, among servers, clients and a control plane that a scenario describes. */
@NullMarked
package dev.zerohop.sim;

import org.jspecify.annotations.NullMarked;
