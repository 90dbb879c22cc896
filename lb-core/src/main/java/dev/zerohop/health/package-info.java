/** How the balancer judges endpoints by this client's own calls, and which losses of members it believes. */
@NullMarked
package dev.zerohop.health;

import org.jspecify.annotations.NullMarked;
