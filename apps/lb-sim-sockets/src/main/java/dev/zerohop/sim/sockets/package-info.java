/** Scenarios of the simulator over real sockets: each server a process of its own, real channels and clients, and the same calls as in a simulation. */
@NullMarked
package dev.zerohop.sim.sockets;

import org.jspecify.annotations.NullMarked;
