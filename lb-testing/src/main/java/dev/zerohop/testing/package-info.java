/**
 * The test kit: fake time, scripted resolvers and dice, fake nodes, and the contract tests that every picker and every resolver passes. Extend
 * {@link dev.zerohop.testing.PickerContract} or {@link dev.zerohop.testing.ResolverContract} to test your own.
 */
@NullMarked
package dev.zerohop.testing;

import org.jspecify.annotations.NullMarked;
