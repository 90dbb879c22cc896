/**
 * The model and the contracts of zerohop, and the {@link dev.zerohop.Balancer} that wires them.
 *
 * <p>One direction of flow: a {@link dev.zerohop.Resolver} pushes an {@link dev.zerohop.EndpointSet}; the balancer turns it, on one serial
 * executor, into a {@link dev.zerohop.Snapshot}; {@link dev.zerohop.Stage stages} decide who may be picked; a {@link dev.zerohop.Picker} is
 * published in one volatile field. A request reads that field, gets a {@link dev.zerohop.Node} and reports the outcome through its
 * {@link dev.zerohop.Lease}.
 */
@NullMarked
package dev.zerohop;

import org.jspecify.annotations.NullMarked;
