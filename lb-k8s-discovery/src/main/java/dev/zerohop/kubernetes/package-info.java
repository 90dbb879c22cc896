/** Endpoints from the EndpointSlices of a service, and shards on StatefulSets by ordinal, followed live. */
@NullMarked
package dev.zerohop.kubernetes;

import org.jspecify.annotations.NullMarked;
