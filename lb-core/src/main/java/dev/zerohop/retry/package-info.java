/** When a failed attempt may be repeated, and how often in total. */
@NullMarked
package dev.zerohop.retry;

import org.jspecify.annotations.NullMarked;
