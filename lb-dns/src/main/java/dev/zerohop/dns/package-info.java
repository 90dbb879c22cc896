/**
 * {@code refreshing-dns} and {@code refreshing-dns+srv} targets: DNS, asked again whenever an answer's time to live has passed. Applications name
 * the target and add the module; they use nothing of this package.
 *
 * <p>An error is never an empty set: what cannot be read, is cut short, or belongs to another name is reported, and the last good set stays in force.
 */
@NullMarked
package dev.zerohop.dns;

import org.jspecify.annotations.NullMarked;
