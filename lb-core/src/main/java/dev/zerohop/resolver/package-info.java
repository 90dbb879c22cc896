/**
 * Resolvers that need no client of anything: {@code static} and {@code file} targets, values that the application sets
 * ({@link dev.zerohop.resolver.ManualResolver}), and what can be put around any resolver ({@link dev.zerohop.resolver.Resolvers}: ordered
 * fallback and last-good on disk; {@link dev.zerohop.resolver.SharedResolvers}: one watch per target and process).
 *
 * <p>All of them keep to one rule: an error is never an empty set. What cannot be reached, read or understood is reported as an error, once per
 * distinct problem, and the last good set stays in force.
 */
@NullMarked
package dev.zerohop.resolver;

import org.jspecify.annotations.NullMarked;
