/** Active health checks: what a check is, when it is made, and what comes of it. The kinds that need nothing but sockets are here; others come with a {@link dev.zerohop.ProbeTransport}. */
@NullMarked
package dev.zerohop.probe;

import org.jspecify.annotations.NullMarked;
