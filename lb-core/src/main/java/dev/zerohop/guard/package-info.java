/** The server's side of a shard map: which calls a server runs, and which it sends back because their key belongs to another one. */
@NullMarked
package dev.zerohop.guard;

import org.jspecify.annotations.NullMarked;
