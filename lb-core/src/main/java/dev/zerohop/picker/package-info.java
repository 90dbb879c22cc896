/**
 * The ways to pick: {@link dev.zerohop.picker.Pickers} lists them all; {@link dev.zerohop.picker.ShardPolicy} configures placement by key.
 */
@NullMarked
package dev.zerohop.picker;

import org.jspecify.annotations.NullMarked;
