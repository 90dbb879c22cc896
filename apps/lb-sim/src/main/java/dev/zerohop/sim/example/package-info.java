/** A policy as a user writes one, for the scenario {@code own-policy.json}. */
@NullMarked
package dev.zerohop.sim.example;

import org.jspecify.annotations.NullMarked;
