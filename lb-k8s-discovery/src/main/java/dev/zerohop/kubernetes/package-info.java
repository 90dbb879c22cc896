/** Endpoints from the EndpointSlices of a service, and shards by the ordinals of StatefulSets, both watched. */
@NullMarked
package dev.zerohop.kubernetes;

import org.jspecify.annotations.NullMarked;
