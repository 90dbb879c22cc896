/** Hashing, clocks, serial execution. Not exported; may change in any release. */
@NullMarked
package dev.zerohop.internal;

import org.jspecify.annotations.NullMarked;
