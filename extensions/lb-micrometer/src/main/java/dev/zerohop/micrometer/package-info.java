/** The meters of balancers in a Micrometer registry. */
@NullMarked
package dev.zerohop.micrometer;

import org.jspecify.annotations.NullMarked;
