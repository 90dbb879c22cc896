/**
 * {@code refreshing-dns} and {@code refreshing-dns+srv} targets: DNS records, queried again whenever an answer's time to live has passed. Applications add
 * the module and use a target; this package has no other API for them.
 *
 * <p>An error is never an empty set: an answer that cannot be read, is truncated, or belongs to another name is reported, and the last good set stays in
 * force.
 */
@NullMarked
package dev.zerohop.dns;

import org.jspecify.annotations.NullMarked;
