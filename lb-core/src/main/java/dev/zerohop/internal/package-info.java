/** Hashing, serial execution, look-ups: what sees none of the rest. Not exported; may change in any release. */
@NullMarked
package dev.zerohop.internal;

import org.jspecify.annotations.NullMarked;
