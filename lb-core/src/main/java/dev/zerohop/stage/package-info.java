/** The steps that decide which of the members may be picked. */
@NullMarked
package dev.zerohop.stage;

import org.jspecify.annotations.NullMarked;
